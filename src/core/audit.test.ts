import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const src = join(import.meta.dirname, '..')
const read = (file: string) => readFileSync(join(src, file), 'utf8')
const sources = globSync('**/*.ts', { cwd: src }).filter((file) => !file.endsWith('.test.ts'))

/** The members of `AuditType`, as they are written down: types are gone at run time. */
const [, union = ''] = /export type AuditType =([^/]+)/.exec(read('core/audit.ts')) ?? []
const types = [...union.matchAll(/'([^']+)'/g)].map(([, name = '']) => name)

const spec = process.env.OPENAI_ADMIN_SPEC
const skip = spec ? false : 'OPENAI_ADMIN_SPEC names no published description'

test('every type of event is one that the original publishes', { skip }, () => {
  const { components } = JSON.parse(readFileSync(spec ?? '', 'utf8'))
  const published: string[] = components.schemas.AuditLogEventType.enum
  assert.ok(types.length > 10 && published.length > 100)
  assert.deepEqual(
    types.filter((type) => !published.includes(type)),
    [],
  )
})

test('every type of event is written somewhere', () => {
  const written = sources.filter((file) => file !== 'core/audit.ts').map(read)
  assert.deepEqual(
    types.filter((type) => !written.some((text) => text.includes(`'${type}'`))),
    [],
  )
})

/** A statement that changes or removes what was recorded, by the query builder or in raw SQL. */
const tampering = [
  /\b(updateTable|deleteFrom|replaceInto|mergeInto|dropTable|alterTable)\(\s*(\[[^\]]*)?['"`]audit_log\b/,
  /\b(update|delete\s+from|replace\s+into|truncate(\s+table)?|drop\s+table|alter\s+table)\s+"?audit_log\b/i,
  /\baudit_log\b[^;]*\bon\s+conflict\b[^;]*\bdo\s+update\b/i,
]
const tampers = (text: string) => tampering.some((pattern) => pattern.test(text))

test('no statement changes or removes what was recorded, but for what deletes what has had its time', () => {
  assert.deepEqual(
    sources.filter((file) => tampers(read(file))).map((file) => file.replaceAll('\\', '/')),
    ['db/retention.ts'],
  )
  assert.ok(sources.some((file) => read(file).includes("insertInto('audit_log')")))
})

test('such a statement would be found, however it is written', () => {
  const wrong = [
    "db.updateTable('audit_log').set({ type: 'x' })",
    "tx.deleteFrom(\n  'audit_log'\n)",
    "tx.deleteFrom(['project', 'audit_log'])",
    'sql`delete from audit_log where id = 1`',
    'sql`UPDATE "audit_log" SET type = 1`',
    'sql`truncate table audit_log`',
    "db.schema.dropTable('audit_log')",
  ]
  for (const text of wrong) assert.ok(tampers(text), text)
  for (const text of ["selectFrom('audit_log')", "deleteFrom('audit')"]) assert.ok(!tampers(text), text)
})
