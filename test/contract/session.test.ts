import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { endpoints } from '../../src/admin/index.ts'
import type { Authenticate } from '../../src/api/caller.ts'
import { createAdminServer } from '../../src/api/server.ts'
import { ApiError } from '../../src/contract/error.ts'
import { idSource } from '../../src/core/id.ts'
import { organizationAccess } from '../../src/db/access.ts'
import { Changed } from '../../src/db/changed.ts'
import { Beat } from '../../src/ledger/beat.ts'
import { LastUsed } from '../../src/ledger/last-used.ts'
import { Refusals } from '../../src/ledger/refusals.ts'
import { databases } from '../support/databases.ts'
import { type Reply, startTestApp, type TestApp } from '../support/harness.ts'
import { newAdminKey, newOrganization, newUser, type Organization } from './organizations.ts'

/** A way to sign in of the test's own: the cookie is the user's id. */
const bySession: Authenticate = ({ cookie }) => {
  const [, id] = /^session=(\S+)$/.exec(cookie ?? '') ?? []
  if (id === undefined) throw new ApiError('missing_key', 'Nobody is signed in.')
  return async (db) => {
    const user = await db
      .selectFrom('organization_user as u')
      .innerJoin('organization as o', 'o.id', 'u.organization_id')
      .select(['u.id', 'u.email', 'u.organization_id', 'o.default_project_id'])
      .where('u.id', '=', id)
      .executeTakeFirstOrThrow()
    const organizationId = user.organization_id
    return {
      by: 'session',
      organizationId,
      defaultProjectId: user.default_project_id,
      userId: user.id,
      email: user.email,
      scopes: [],
      expiresAt: null,
      access: await organizationAccess(db, { organizationId, id: user.id }),
    }
  }
}

/** The Administration API for people who have signed in, on the database of a server for keys. */
async function startForSessions({ db }: TestApp) {
  const newId = idSource(Date.now)
  const nothing = () => {}
  const log = { debug: nothing, info: nothing, warn: nothing, error: nothing }
  const beat = new Beat(log)
  const lastUsed = new LastUsed(db, beat)
  const refusals = new Refusals(db, newId, beat)
  for (const writer of [lastUsed, refusals]) beat.add(writer)
  const admin = await createAdminServer(
    {
      db,
      reportDb: db,
      now: Date.now,
      newId,
      log,
      lastUsed,
      refusals,
      models: async () => new Map(),
      changed: new Changed(),
      address: () => '192.0.2.7',
      authenticate: bySession,
      mtls: null,
    },
    endpoints,
  )
  const server = createServer(admin.handle).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    send: async (
      user: string,
      method: string,
      path: string,
      body?: object,
    ): Promise<Pick<Reply, 'status' | 'body'>> => {
      const reply = await fetch(`${url}${path}`, {
        method,
        headers: { cookie: `session=${user}`, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body: JSON.stringify(body) }),
      })
      return { status: reply.status, body: await reply.json() }
    },
    [Symbol.asyncDispose]: async () => {
      server.close()
      await admin.close()
      await beat.close()
    },
  }
}

for (const database of databases) {
  describe(`${database}: somebody who has signed in`, () => {
    let app: TestApp
    let own: Organization
    let sessions: Awaited<ReturnType<typeof startForSessions>>
    before(async () => {
      app = await startTestApp({ database })
      own = await newOrganization(app)
      sessions = await startForSessions(app)
    })
    after(async () => {
      await sessions[Symbol.asyncDispose]()
      await app[Symbol.asyncDispose]()
    })

    const latest = async () => (await own.admin.auditLogs.list({ limit: 1 })).data[0]

    test('makes a change, and the audit log says that it was in a session', async () => {
      const made = await sessions.send(own.ownerId, 'POST', '/v1/organization/projects', { name: 'by hand' })
      assert.equal(made.status, 200)
      const event = await latest()
      assert.deepEqual([event?.type, event?.['project.created']?.id], ['project.created', made.body.id])
      assert.deepEqual(event?.actor, {
        type: 'session',
        session: { user: { id: own.ownerId, email: own.ownerEmail }, ip_address: '192.0.2.7', user_agent: 'node' },
      })
    })

    test('is refused in the words that a key is, and the audit log says who it was', async () => {
      const { id, email } = await newUser(app, own)
      const project = { id: own.defaultProjectId }
      const member = await newUser(app, own)
      const { id: led } = await own.admin.projects.create({ name: 'led' })
      await own.admin.projects.users.create(led, { user_id: member.id, role: 'owner' })
      const asked = [
        ['GET', '/v1/organization/users'],
        ['POST', '/v1/organization/projects', { name: 'x' }],
        ['GET', `/v1/organization/projects/${project.id}`],
        ['GET', `/v1/organization/projects/${led}/users`],
        ['POST', `/v1/organization/projects/${led}`, { name: 'renamed' }],
        ['POST', `/v1/organization/projects/${led}`, { name: 1 }],
        ['GET', '/v1/organization/projects/proj_none/users'],
        ['GET', '/v1/organization/groups'],
      ] as const
      const statuses = new Set<number>()
      for (const user of [own.ownerId, id, member.id]) {
        const key = await newAdminKey(app, own, user)
        for (const [method, path, body] of asked) {
          const { status, body: answer } = await app.send(method, path, { key, body })
          const signedIn = await sessions.send(user, method, path, body)
          const same = (reply: { error?: unknown }) => reply.error ?? 'answered'
          assert.deepEqual([signedIn.status, same(signedIn.body)], [status, same(answer)], `${user} ${method} ${path}`)
          statuses.add(status)
        }
      }
      assert.deepEqual([...statuses].sort(), [200, 400, 401, 404])
      await sessions.send(id, 'DELETE', `/v1/organization/users/${own.ownerId}`)
      const event = await latest()
      assert.equal(event?.type, 'login.failed')
      assert.deepEqual(event?.actor?.session?.user, { id, email })
      assert.equal((event as unknown as Record<string, { id: string }>)['login.failed']?.id, id)
    })

    test('makes keys that are not narrowed, and deletes any of them', async () => {
      const path = '/v1/organization/admin_api_keys'
      const { body } = await sessions.send(own.ownerId, 'POST', path, { name: 'made by hand' })
      assert.equal((await app.send('GET', '/v1/organization/users', { key: body.value })).status, 200)
      for (const id of [body.id, own.keyId]) {
        assert.equal((await sessions.send(own.ownerId, 'DELETE', `${path}/${id}`)).status, 200)
      }
      assert.equal((await app.send('GET', '/v1/organization/users', { key: body.value })).status, 401)
    })
  })
}
