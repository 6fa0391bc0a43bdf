import assert from 'node:assert/strict'
import type { Endpoint } from '../../src/admin/index.ts'
import type { Db } from '../../src/db/tables.ts'
import type { Reply, SendOptions, TestApp } from '../support/harness.ts'
import { keptOfCalls, tablesOfOrganizations } from '../support/tables.ts'
import type { ValidRequest } from './requests.ts'
import { lasting } from './stored.ts'

type Encode = (value: string) => string

/** The path of a request, with values in place of parameters. They are sent as given where they are encoded already. */
export function pathOf(
  { route }: Endpoint,
  params: ValidRequest['params'],
  encode: Encode = encodeURIComponent,
): string {
  return route.path.replace(/:(\w+)/g, (_, name: string) => encode(params[name] ?? assert.fail(`${name} is missing`)))
}

/** The whole target of a request: its path and its query, with more in the query. */
export function targetOf(
  endpoint: Endpoint,
  { params, query }: ValidRequest,
  more: Record<string, string> = {},
): string {
  const asked = new URLSearchParams({ ...query, ...more }).toString()
  return pathOf(endpoint, params) + (asked && `?${asked}`)
}

/** Sends a request and checks what is true of every reply. */
export async function send(app: TestApp, method: string, path: string, options: SendOptions): Promise<Reply> {
  const reply = await app.send(method, path, options)
  const what = `${method} ${path.slice(0, 200)}: ${reply.status} ${reply.text.slice(0, 500)}`
  assert.match(reply.headers.get('x-request-id') ?? '', /^req_[0-9a-z]{24}$/, what)
  assert.ok(reply.status < 500, what)
  if (method === 'HEAD') return reply
  assert.equal(reply.headers.get('content-type'), 'application/json; charset=utf-8', what)
  if (reply.status !== 200) {
    assert.deepEqual(Object.keys(reply.body), ['error'], what)
    const { message, type, param, code } = reply.body.error
    assert.deepEqual(Object.keys(reply.body.error).sort(), ['code', 'message', 'param', 'type'], what)
    assert.ok(typeof message === 'string' && message.length > 0, what)
    assert.equal(type, reply.status === 413 ? 'server_error' : 'invalid_request_error', what)
    for (const text of [param, code]) assert.ok(text === null || (typeof text === 'string' && text !== ''), what)
    assert.equal(reply.headers.has('www-authenticate'), reply.status === 401, what)
  }
  return reply
}

/** Sends an operation's request, or a variation of it. */
export function call(app: TestApp, endpoint: Endpoint, request: ValidRequest, options: SendOptions): Promise<Reply> {
  const body = request.body === undefined ? {} : { body: request.body }
  return send(app, endpoint.route.method, targetOf(endpoint, request), { ...body, ...options })
}

/** A reply's text without when keys were used, which is written down now and then. */
export const steadyText = ({ text }: Reply) => withoutLastUse(text)

/** The same of what was parsed. */
export const steady = (value: unknown) => withoutLastUse(JSON.stringify(value))

const withoutLastUse = (text: string) => text.replace(/"(api_key_)?last_used_at":(\d+|null)/g, '')

export type Refusal = { status: number; code: string | null; param?: string | null; message?: RegExp }

export function assertRefused({ status, body, text }: Reply, expected: Refusal, what = ''): void {
  const said = `${what} ${text.slice(0, 500)}`
  assert.equal(status, expected.status, said)
  assert.equal(body.error.code, expected.code, said)
  if (expected.param !== undefined) assert.equal(body.error.param, expected.param, said)
  if (expected.message !== undefined) assert.match(body.error.message, expected.message, said)
}

/** Which tables they are does not matter here; the type is one of theirs. */
const tables = tablesOfOrganizations.filter((name) => !keptOfCalls.includes(name)) as 'audit_log'[]

/** All that requests have stored of these organizations but which calls were refused. */
export async function stored({ db }: TestApp, organizations: readonly { id: string }[]): Promise<string> {
  const ids = organizations.map(({ id }) => id)
  const rows = [JSON.stringify(await db.selectFrom('organization').selectAll().where('id', 'in', ids).execute())]
  for (const table of await filledTables(db, ids)) {
    const all = await db.selectFrom(table).selectAll().where('organization_id', 'in', ids).execute()
    for (const row of all) if (!('type' in row && isRefusal(row.type))) rows.push(`${table} ${lasting(table, row)}`)
  }
  return rows.sort().join('\n')
}

/** Those that hold anything of these organizations: one statement finds them, instead of one for each that holds nothing. */
async function filledTables(db: Db, ids: readonly string[]): Promise<typeof tables> {
  const [first, ...others] = tables.map((table, which) =>
    db
      .selectFrom(table)
      .select((eb) => eb.lit(which).as('which'))
      .where('organization_id', 'in', ids)
      .distinct(),
  )
  const all = others.reduce((sum, one) => sum.unionAll(one), first ?? assert.fail('there is no table'))
  const found = new Set((await all.execute()).map(({ which }) => which))
  return tables.filter((_, which) => found.has(which))
}

const isRefusal = (type: string) => type === 'login.failed' || type === 'logout.failed'
