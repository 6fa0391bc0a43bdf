import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { newAdminKey, newOrganization, newUser } from '../../test/contract/organizations.ts'
import { CHAT } from '../../test/gateway/gate.ts'
import { until } from '../../test/process/gatehouse.ts'
import { clientOf } from '../../test/support/client.ts'
import { startTestApp, type TestAppOptions } from '../../test/support/harness.ts'
import { modelsFile } from '../../test/support/models-file.ts'
import { startRedis, withoutRedis } from '../../test/support/redis.ts'
import { contract } from '../contract/index.ts'
import type { LimitUse } from '../contract/limit-use.ts'

/** Of a hundred in a day one drains in a quarter of an hour: nothing of it while the test runs. */
const DAY = { max_requests_per_1_day: 100 }
const POOLED = { organization_limits: DAY, shared_pool: 'pool' }
const MODELS = {
  echo: { organization_limits: DAY },
  other: { organization_limits: DAY },
  free: {},
  one: POOLED,
  two: POOLED,
}
const body = { model: 'echo', messages: [{ role: 'user', content: 'hello' }] }

async function start(options: TestAppOptions = {}) {
  await using stack = new AsyncDisposableStack()
  const file = stack.use(await modelsFile(MODELS))
  const app = stack.use(await startTestApp({ ...options, env: { GATEHOUSE_CONFIG: file.path, ...options.env } }))
  const own = await newOrganization(app)
  const { projects } = own.admin
  const [project, beside] = [await projects.create({ name: 'one' }), await projects.create({ name: 'two' })]
  await projects.rateLimits.updateRateLimit('rl-echo', { project_id: project.id, max_requests_per_1_day: 10 })
  const keyOf = async (id: string) =>
    (await projects.serviceAccounts.create(id, { name: 'bot' })).api_key?.value ?? assert.fail('no key')
  const [key, other] = [await keyOf(project.id), await keyOf(beside.id)]
  const call = async (by = key) => (await app.send('POST', CHAT, { key: by, body })).status
  const use = async (query: { name?: string } = {}, by = own.key) =>
    (await clientOf(app, by)(contract.limitUse.list, { params: { project_id: project.id }, query })).data
  const echo = async () => (await use({ name: 'echo' }))[0]?.limits ?? []
  const whole = async (query: { name?: string; after?: string; limit?: number } = {}, by = own.key) =>
    clientOf(app, by)(contract.limitUse.organization, { query })
  const rest = stack.move()
  return { app, own, project, call, other, use, echo, whole, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

/** As many of both limits as this, of the organization's and of the project's. */
const limits = (ofOrganization: number | null, ofProject: number | null): LimitUse['limits'] =>
  (
    [
      ['organization', 100, ofOrganization],
      ['project', 10, ofProject],
    ] as const
  ).map(([scope, maximum, used]) => ({
    scope,
    dimension: 'max_requests_per_1_day',
    period_seconds: 86_400,
    maximum,
    used,
    remaining: used === null ? null : maximum - used,
    resets_in_ms: used === null ? null : (used * 86_400_000) / maximum,
  }))

/** Told of what calls took, by two projects, and asking takes nothing, however often it is asked. */
async function tells({ call, other, echo, use, whole }: Awaited<ReturnType<typeof start>>) {
  assert.deepEqual(await echo(), limits(0, 0))
  assert.deepEqual([await call(), await call(), await call(other)], [200, 200, 200])
  for (let asked = 0; asked < 3; asked++) assert.deepEqual(await echo(), limits(3, 2))
  const all = Object.fromEntries((await use()).map(({ id, limits }) => [id, limits.map(({ used }) => used)]))
  assert.deepEqual(all, {
    'rl-*default': [],
    'rl-echo': [3, 2],
    'rl-free': [],
    'rl-one': [0],
    'rl-other': [0],
    'rl-two': [0],
  })
  for (let calls = 2; calls < 10; calls++) assert.equal(await call(), 200)
  assert.equal(await call(), 429)
  assert.deepEqual(await echo(), limits(11, 10))
  const organization = (await whole()).data.map(({ id, limits }) => [
    id,
    limits.map(({ scope, used }) => [scope, used]),
  ])
  const told = [
    ['rl-echo', [['organization', 11]]],
    ['rl-other', [['organization', 0]]],
    ['rl-pool-shared', [['organization', 0]]],
  ]
  assert.deepEqual(organization, told)
}

describe('what of each limit is used now', () => {
  test('is told of one thread that counts in its own memory', async () => {
    await using gate = await start({ env: { GATEHOUSE_WORKERS: '1' } })
    await tells(gate)
  })

  test('is told of threads that count in shared memory', async () => {
    await using gate = await start({ env: { GATEHOUSE_WORKERS: '2' } })
    await tells(gate)
  })

  test('is told of what is counted in Redis, where asking leaves nothing', { skip: withoutRedis }, async () => {
    await using redis = await startRedis()
    await using gate = await start({ env: { GATEHOUSE_REDIS_URL: redis.url } })
    await tells(gate)
    const script = `local held = 0
      for _, key in ipairs(redis.call('keys', '*r:*')) do held = held + redis.call('hlen', key) end
      return held`
    await until(() => redis.cli('eval', script, '0').trim() === '0', 'nothing is held')
  })

  test('is not known where nothing can be asked, and the limits are told all the same', async () => {
    const counters: TestAppOptions['counters'] = () => ({
      take() {
        throw new Error('away')
      },
    })
    await using gate = await start({ counters })
    assert.deepEqual(await gate.echo(), limits(null, null))
  })

  test('is told to whoever uses the project, and to nobody else', async () => {
    await using gate = await start()
    const { app, own, project, use } = gate
    const { id } = await newUser(app, own)
    const by = await newAdminKey(app, own, id)
    await assert.rejects(use({}, by), { status: 404, param: 'project_id' })
    await own.admin.projects.users.create(project.id, { user_id: id, role: 'member' })
    assert.equal((await use({}, by)).length, 6)
    await assert.rejects(gate.whole({}, by), { status: 401, message: /Missing scopes: api\.management\.read/ })
  })

  test('is told of the organization row by row, behind a cursor and by name', async () => {
    await using gate = await start()
    const first = await gate.whole({ limit: 2 })
    assert.deepEqual([first.data.map(({ id }) => id), first.has_more], [['rl-echo', 'rl-other'], true])
    const rest = await gate.whole({ after: first.last_id ?? '' })
    assert.deepEqual([rest.data.map(({ id }) => id), rest.has_more], [['rl-pool-shared'], false])
    assert.deepEqual(
      (await gate.whole({ name: 'OTH' })).data.map(({ id }) => id),
      ['rl-other'],
    )
    await assert.rejects(gate.whole({ after: 'nothing' }), { status: 400, param: 'after' })
  })
})
