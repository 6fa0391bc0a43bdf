import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { keepCheaply } from './cheap-password.ts'
import { command } from './command.ts'
import type { Reply, TestApp } from './harness.ts'

/** The header that a cookie needs to count. */
export const CONSOLE = { 'x-gatehouse-console': '1' }

/** A password that nobody else has. */
export const newPassword = () => `correct horse ${randomBytes(12).toString('hex')}`

/** The token of a new link by which somebody sets a password. @param user an id or an address */
export async function linkFor(app: TestApp, organizationId: string, user: string): Promise<string> {
  return (await command(app, 'user', 'password-link', user, '--org', organizationId)).token
}

/** The cookie that an answer sets, as a request shows it. */
export function cookieOf({ headers }: Pick<Reply, 'headers'>): string {
  const [pair = ''] = (headers.get('set-cookie') ?? '').split(';')
  assert.match(pair, /^(__Host-)?gatehouse-session=[0-9a-f]{64}$/)
  return pair
}

type Session = { id: string; user: { id: string; email: string } }

/** Gives somebody a password by a new link, which signs them in. */
export async function signInByLink(app: TestApp, organizationId: string, user: string, password = newPassword()) {
  const token = await linkFor(app, organizationId, user)
  const reply = await signsIn(app, '/password_link', { token, password })
  const session: Session = reply.body.session
  await keepCheaply(app, organizationId, session.user.id, password)
  return { password, cookie: cookieOf(reply), session }
}

/** Signs somebody in who has had no password; what a link would take, one that is kept cheaply does not. @param user an id or an address */
export async function signInNew(app: TestApp, organizationId: string, user: string) {
  const { id, email } = await app.db
    .selectFrom('organization_user')
    .select(['id', 'email'])
    .where('organization_id', '=', organizationId)
    .where('removed_at', 'is', null)
    .where((eb) => eb.or([eb('id', '=', user), eb('email', '=', user)]))
    .executeTakeFirstOrThrow()
  const password = newPassword()
  await keepCheaply(app, organizationId, id, password)
  const reply = await signsIn(app, '', { email, password, organization_id: organizationId })
  return { password, cookie: cookieOf(reply), session: reply.body as Session }
}

async function signsIn(app: TestApp, path: string, body: object): Promise<Reply> {
  const reply = await app.send('POST', `/v1/organization/sign_in${path}`, { key: null, body })
  assert.equal(reply.status, 200, reply.text)
  return reply
}

/** Sends as a page of the server's own does that somebody has signed in on. */
export function asSession(app: TestApp, cookie: string, method: string, path: string, body?: object): Promise<Reply> {
  const headers = { ...CONSOLE, cookie }
  return app.send(method, path, { key: null, headers, ...(body && { body }) })
}
