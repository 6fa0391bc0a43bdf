import assert from 'node:assert/strict'
import { type Ended, gatehouse } from '../process/gatehouse.ts'
import type { TestApp } from '../support/harness.ts'

/** What commands print, as far as tests look at it. */
export type Printed = Record<string, unknown> & {
  id: string
  value: string
  token: string
  url: string
  name: string
  default_project_id: string
  owner: { id: string; email: string; role: string }
}

/** A database, alone or with a server on it. */
export type OnDatabase = { databaseUrl: string }

/** Runs a command in a process of its own, beside whoever else has the database open. */
export function cli({ databaseUrl }: OnDatabase, ...args: string[]): Promise<Ended> {
  return gatehouse(args, { env: { GATEHOUSE_DATABASE_URL: databaseUrl } })
}

/** Runs a command that must succeed, and must print exactly one JSON value and nothing else. */
export async function done(on: OnDatabase, ...args: string[]): Promise<Printed> {
  const { code, stdout, stderr } = await cli(on, ...args, '--json')
  assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
  assert.match(stdout, /^\{.*\}\n$/)
  return JSON.parse(stdout)
}

/** Runs a command that must be refused: one sentence on standard error, nothing on standard output. */
export async function refused(on: OnDatabase, code: number, message: RegExp, ...args: string[]): Promise<void> {
  const ended = await cli(on, ...args, '--json')
  assert.match(ended.stderr, message)
  assert.deepEqual({ code: ended.code, stdout: ended.stdout }, { code, stdout: '' })
  assert.doesNotMatch(ended.stderr, /\n {4}at /, 'a refusal is no stack trace')
}

export type Recorded = { type: string; id: string; project: string | null }

/** What the audit log says of an object, oldest first; all of it must have been done by nobody, from nowhere. */
export async function doneByNobody(app: TestApp, resourceId: string): Promise<Recorded[]> {
  const rows = await app.db
    .selectFrom('audit_log')
    .selectAll()
    .where('resource_id', '=', resourceId)
    .orderBy('id')
    .execute()
  for (const row of rows) {
    const { actor, actor_id, actor_email_key, ip_address, user_agent } = row
    assert.deepEqual([actor, actor_id, actor_email_key, ip_address, user_agent], [null, null, null, null, null])
  }
  return rows.map(({ type, resource_id, project_id }) => ({ type, id: resource_id, project: project_id }))
}

/** The organization of a server that has made its own, and its first owner. */
export async function firstOrganization(app: TestApp) {
  const organization = await app.db.selectFrom('organization').selectAll().executeTakeFirstOrThrow()
  const [owner] = (await app.admin().organization.users.list()).data
  assert.ok(owner)
  return { id: organization.id, defaultProjectId: organization.default_project_id, owner }
}

/** A user of the organization, made by the command line. */
export function newUser(on: OnDatabase, email: string, role = 'reader', ...more: string[]): Promise<Printed> {
  return done(on, 'user', 'create', '--email', email, '--name', 'Somebody', '--role', role, ...more)
}
