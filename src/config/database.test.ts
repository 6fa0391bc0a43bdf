import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { DATABASE_PRESETS } from '../core/database-settings.ts'
import { ConfigError, readConfig } from './settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'gatehouse-database-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const path = (name: string, text: string) => {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}
const POSTGRES = 'postgres://u:secret@h/d'

function mistakes(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env)
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    assert.doesNotMatch(error.message, /secret/)
    return error.mistakes
  }
  return []
}

test('how PostgreSQL is used is told by the file, and the way around its pooler by a setting', () => {
  const database = { connections: 4, connect_timeout_ms: 500, statement_timeout_ms: 1000, lock_timeout_ms: 200 }
  const file = path('all.json', JSON.stringify({ database: { ...database, distributed: true } }))
  const env = {
    GATEHOUSE_DATABASE_URL: POSTGRES,
    GATEHOUSE_CONFIG: file,
    GATEHOUSE_DATABASE_DIRECT_URL: `${POSTGRES}2`,
  }
  assert.deepEqual(readConfig(env).database, {
    directUrl: `${POSTGRES}2`,
    ...{ connections: 4, connectMs: 500, statementMs: 1000, lockMs: 200, distributed: true },
  })
  assert.deepEqual(readConfig({ GATEHOUSE_DATABASE_URL: POSTGRES }).database, DATABASE_PRESETS)
})

test('what SQLite cannot have is refused, not ignored', () => {
  const file = path('one.json', JSON.stringify({ database: { connections: 4 } }))
  assert.deepEqual(
    mistakes({ GATEHOUSE_CONFIG: file, GATEHOUSE_DATABASE_DIRECT_URL: POSTGRES }).map(
      (said) => said.split(': GATE')[0],
    ),
    ['GATEHOUSE_DATABASE_DIRECT_URL', 'GATEHOUSE_CONFIG: database'],
  )
})

test('fields and values that are none are told by their names', () => {
  const database = { connections: 1, connect_timeout_ms: 0, statement_timeout: 5, distributed: 'yes' }
  const file = path('wrong.json', JSON.stringify({ database }))
  const said = mistakes({ GATEHOUSE_DATABASE_URL: POSTGRES, GATEHOUSE_CONFIG: file }).join('\n')
  for (const name of [
    'database.connections',
    'database.connect_timeout_ms',
    'statement_timeout',
    'database.distributed',
  ])
    assert.match(said, new RegExp(name))
})

test('a URL whose TLS would not be what it says, or cannot be spoken, stops the start in words', () => {
  const [garbage, missing] = [path('garbage.pem', 'no certificate'), join(folder, 'missing.pem')]
  const table: [query: string, words: RegExp][] = [
    ['sslmode=prefer', /plain text/],
    ['sslmode=allow', /plain text/],
    ['sslmode=no-verify', /none of disable, require, verify-ca and verify-full/],
    ['sslmode=verify-ca', /needs a file in sslrootcert/],
    ['ssl=maybe', /say sslmode/],
    [`sslmode=verify-full&sslrootcert=${missing}`, /the file in sslrootcert cannot be read \(ENOENT\)/],
    [`sslmode=require&sslcert=${garbage}`, /both or none/],
    [`sslmode=require&sslkey=${garbage}`, /both or none/],
    [`sslmode=require&sslcert=${garbage}&sslkey=${garbage}`, /TLS cannot be spoken/],
  ]
  for (const name of ['GATEHOUSE_DATABASE_URL', 'GATEHOUSE_DATABASE_DIRECT_URL']) {
    for (const [query, words] of table) {
      const [said, ...others] = mistakes({ GATEHOUSE_DATABASE_URL: POSTGRES, [name]: `${POSTGRES}?${query}` })
      assert.match(said ?? '', new RegExp(`^${name}: .*${words.source}`), query)
      assert.deepEqual(others, [])
    }
  }
  for (const query of [
    '',
    'sslmode=disable',
    'sslmode=require',
    'sslmode=verify-full',
    'ssl=true',
    'sslrootcert=system',
  ])
    assert.deepEqual(mistakes({ GATEHOUSE_DATABASE_URL: `${POSTGRES}?${query}` }), [], query)
  assert.match(
    mistakes({ GATEHOUSE_DATABASE_URL: POSTGRES, GATEHOUSE_DATABASE_DIRECT_URL: 'sqlite:x' })[0] ?? '',
    /^GATEHOUSE_DATABASE_DIRECT_URL: not of the form/,
  )
})
