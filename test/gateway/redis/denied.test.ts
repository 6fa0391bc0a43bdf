import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type OwnRedis, startRedis, withoutRedis } from '../../support/redis.ts'
import { until } from '../../support/until.ts'
import { makeKey } from '../gate.ts'
import { startCounting } from './gate.ts'

const RIGHTS = ['~gatehouse:*', '&gatehouse:*', '+@all', '-@dangerous']
const HINT = /the Redis user may not tell or hear of changes: grant it &gatehouse:changed \+publish \+subscribe/
const LOST = /the channel of changes in Redis is lost/
const BACK = /changes of other nodes are heard of in Redis again/

type Gate = Awaited<ReturnType<typeof startCounting>>
type Denial = { takes: string; gives: string; shows: (redis: OwnRedis, gate: Gate) => Promise<unknown> | unknown }

const cut = ({ cli }: OwnRedis) => cli('client', 'kill', 'type', 'pubsub')

/** What its user is not granted any more, and how that comes to light. */
const denials: Record<string, Denial> = {
  'use the channel': { takes: 'resetchannels', gives: '&gatehouse:*', shows() {} },
  subscribe: { takes: '-subscribe', gives: '+subscribe', shows: cut },
  'publish, with its next connection': { takes: '-publish', gives: '+publish', shows: cut },
  'publish, with its next change': { takes: '-publish', gives: '+publish', shows: (_, { app }) => makeKey(app) },
}

const startDenying = (rights: readonly string[]) => startRedis('--user', 'gate', 'on', '>hunter2', ...rights)
const urlOf = ({ port }: OwnRedis) => `redis://gate:hunter2@127.0.0.1:${port}`
const isUp = ({ app }: Gate) => app.metric('gatehouse_dependency_up{dependency="redis_changes"}')

/** How often it was refused something. */
const refused = ({ cli }: OwnRedis) =>
  [...cli('acl', 'log').matchAll(/^count\n(\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0)

for (const [what, { takes, gives, shows }] of Object.entries(denials)) {
  test(`that the Redis user may not ${what} is told once, with what to grant, and is over when it may`, {
    skip: withoutRedis,
  }, async () => {
    await using redis = await startDenying(RIGHTS)
    await using gate = await startCounting({}, urlOf(redis))
    assert.deepEqual([(await gate.ready()).redis_changes, await isUp(gate)], ['ok', 1])
    redis.cli('acl', 'setuser', 'gate', takes)
    await shows(redis, gate)
    await until(async () => (await gate.ready()).redis_changes === 'degraded', 'the channel is lost')
    const before = refused(redis)
    await until(() => refused(redis) > before + 1, 'it is tried again and again')
    const { status, redis: counts, redis_changes } = await gate.ready()
    assert.deepEqual([status, counts, redis_changes, await isUp(gate)], ['degraded', 'ok', 'degraded', 0])
    assert.deepEqual(await gate.statuses(1), [200])
    assert.deepEqual([LOST, HINT, BACK].map(gate.told), [1, 1, 0])
    redis.cli('acl', 'setuser', 'gate', gives)
    await until(async () => (await gate.ready()).status === 'ready', 'it is there again')
    assert.deepEqual([[LOST, HINT, BACK].map(gate.told), await isUp(gate)], [[1, 1, 1], 1])
  })
}

test('what the Redis user lacks is told too where that was not what the channel was lost for', {
  skip: withoutRedis,
}, async () => {
  await using redis = await startDenying(RIGHTS.filter((right) => !right.startsWith('&')))
  await redis.kill()
  await using gate = await startCounting({}, urlOf(redis))
  await until(() => gate.told(LOST) > 0, 'the channel is lost')
  await redis.start()
  await until(() => gate.told(HINT) > 0, 'what to grant')
  assert.deepEqual([LOST, HINT].map(gate.told), [1, 1])
})
