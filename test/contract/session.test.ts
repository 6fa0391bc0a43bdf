import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { databases } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { asSession, signInNew } from '../support/signing-in.ts'
import { newAdminKey, newOrganization, newUser, type Organization } from './organizations.ts'

for (const database of databases) {
  describe(`${database}: somebody who has signed in`, () => {
    let app: TestApp
    let own: Organization
    const cookies = new Map<string, string>()
    before(async () => {
      app = await startTestApp({ database })
      own = await newOrganization(app)
    })
    after(() => app[Symbol.asyncDispose]())

    /** Sends in a session of that user's. */
    const send = async (user: string, method: string, path: string, body?: object) => {
      const cookie = cookies.get(user) ?? (await signInNew(app, own.id, user)).cookie
      cookies.set(user, cookie)
      return asSession(app, cookie, method, path, body)
    }

    const latest = async () => (await own.admin.auditLogs.list({ limit: 1 })).data[0]

    test('makes a change, and the audit log says that it was in a session', async () => {
      const made = await send(own.ownerId, 'POST', '/v1/organization/projects', { name: 'by hand' })
      assert.equal(made.status, 200)
      const event = await latest()
      assert.deepEqual([event?.type, event?.['project.created']?.id], ['project.created', made.body.id])
      assert.deepEqual(event?.actor, {
        type: 'session',
        session: { user: { id: own.ownerId, email: own.ownerEmail }, ip_address: '127.0.0.1', user_agent: 'node' },
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
          const signedIn = await send(user, method, path, body)
          const same = (reply: { error?: unknown }) => reply.error ?? 'answered'
          assert.deepEqual([signedIn.status, same(signedIn.body)], [status, same(answer)], `${user} ${method} ${path}`)
          statuses.add(status)
        }
      }
      assert.deepEqual([...statuses].sort(), [200, 400, 401, 404])
      await send(id, 'DELETE', `/v1/organization/users/${own.ownerId}`)
      const event = await latest()
      assert.equal(event?.type, 'login.failed')
      assert.deepEqual(event?.actor?.session?.user, { id, email })
      assert.equal((event as unknown as Record<string, { id: string }>)['login.failed']?.id, id)
    })

    test('makes keys that are not narrowed, and deletes any of them', async () => {
      const path = '/v1/organization/admin_api_keys'
      const { body } = await send(own.ownerId, 'POST', path, { name: 'made by hand' })
      assert.equal((await app.send('GET', '/v1/organization/users', { key: body.value })).status, 200)
      for (const id of [body.id, own.keyId]) {
        assert.equal((await send(own.ownerId, 'DELETE', `${path}/${id}`)).status, 200)
      }
      assert.equal((await app.send('GET', '/v1/organization/users', { key: body.value })).status, 401)
    })
  })
}
