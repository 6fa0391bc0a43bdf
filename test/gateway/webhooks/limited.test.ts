import assert from 'node:assert/strict'
import { test } from 'node:test'
import { idSource } from '../../../src/core/id.ts'
import { webhookDesk } from '../../../src/webhooks/desk.ts'
import { databases } from '../../support/databases.ts'
import { until } from '../../support/until.ts'
import { makeKey, startEcho } from '../gate.ts'

const hook = { name: 'x', url: 'https://8.8.8.8/', event_types: ['batch.completed' as const] }

for (const database of databases) {
  test(`${database}: whatever changes or tests webhook endpoints counts as a request of the project's limits; what reads them, and what is wrong, does not`, async () => {
    await using it = await startEcho({ database })
    const { webhooks } = it.client
    const { projects } = it.app.admin().organization
    const { id } = await webhooks.create(hook)
    const limit = (max_requests_per_1_minute: number) =>
      projects.rateLimits.updateRateLimit('rl-*default', { project_id: it.projectId, max_requests_per_1_minute })
    await limit(0)
    const refused = { status: 429, code: 'rate_limit_exceeded' }
    const counted: Record<string, () => Promise<unknown>> = {
      create: () => webhooks.create(hook),
      update: () => webhooks.update(id, { name: 'y' }),
      rotate: () => webhooks.rotateSecret(id),
      test: () => webhooks.test(id, { event_type: 'batch.completed' }),
      delete: () => webhooks.delete(id),
    }
    for (const [what, does] of Object.entries(counted)) await assert.rejects(does(), refused, what)
    assert.deepEqual(
      (await webhooks.list()).data.map(({ name }) => name),
      ['x'],
    )
    assert.equal((await webhooks.retrieve(id)).name, 'x')
    assert.deepEqual((await it.app.send('GET', `/v1/webhook_endpoints/${id}/deliveries`, { key: it.key })).status, 200)
    await assert.rejects(webhooks.create({ ...hook, url: 'http://8.8.8.8/' }), { status: 400 })
    await limit(1000)
    const asked = await webhooks.update(id, { name: 'y' }).withResponse()
    assert.equal(asked.response.headers.get('x-ratelimit-remaining-requests'), '999')
    await webhooks.delete(id)
  })
}

test('names of receivers are looked for few at once, of one project and of all, and for a few seconds', async () => {
  await using it = await startEcho()
  const { organization_id: organizationId } = await it.app.db
    .selectFrom('project')
    .select('organization_id')
    .where('id', '=', it.projectId)
    .executeTakeFirstOrThrow()
  const looked: (() => void)[] = []
  const now = Date.now
  const desk = webhookDesk({
    ...{ db: it.app.db, newId: idSource(now), now, networks: null, timeoutMs: 1, made() {}, limited() {} },
    resolve: (_, signal) =>
      new Promise((resolve, reject) => {
        looked.push(() => resolve(['8.8.8.8']))
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
  })
  const other = await makeKey(it.app)
  const ask = (projectId: string) =>
    desk.ask({
      ...{ organizationId, projectId, actor: { type: 'session', session: { user: { id: 'u', email: 'e' } } } },
      ...{ origin: { ip: null, userAgent: null } },
      operation: { does: 'create', name: 'x', url: 'https://hooks.example.com/', eventTypes: ['batch.failed'] },
    })
  const refused = { refused: { why: 'too_many_at_once', of: 'names' } }
  const begun = [1, 2, 3, 4].map(() => ask(it.projectId))
  assert.equal(looked.length, 4)
  assert.deepEqual(await ask(it.projectId), refused)
  begun.push(ask(other.projectId))
  assert.equal(looked.length, 5)
  // Of one name nothing is heard: it is looked at when there is something to send.
  for (const resolve of looked.slice(1)) resolve()
  for (const said of await Promise.all(begun)) assert.ok('body' in said)
  const again = ask(it.projectId)
  await until(() => looked.length === 6, 'there is room again')
  looked[5]?.()
  assert.ok('body' in (await again))
})
