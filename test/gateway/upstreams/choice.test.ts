import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freePort } from '../../support/ports.ts'
import { json, startRawUpstream, startUpstream, until } from '../upstream.ts'
import { openDoor } from './door.ts'

const nobody = async () => `http://127.0.0.1:${await freePort()}`

test('a call whose upstream cannot be reached goes to another, whole, and the client hears nothing of it', async () => {
  await using good = await startUpstream()
  await using door = await openDoor({ bad: await nobody(), good: good.origin }, { random: () => 0 })
  const reply = await door.post({ model: 'm1', text: 'x'.repeat(100_000) })
  assert.equal(reply.status, 200)
  assert.deepEqual(door.told, ['failed bad unreachable', 'down bad'])
  assert.deepEqual(
    door.begun.map(({ upstream }) => upstream),
    ['good'],
  )
  assert.equal(JSON.parse((await good.call()).body.toString()).text.length, 100_000)
})

test('an upstream whose name nobody knows, or that speaks no TLS, is one that cannot be reached', async () => {
  await using good = await startUpstream()
  await using raw = await startRawUpstream((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'))
  for (const bad of ['http://no-such-host.invalid', raw.origin.replace('http:', 'https:')]) {
    await using door = await openDoor({ bad, good: good.origin }, { random: () => 0 })
    assert.equal((await door.post()).status, 200, bad)
    assert.deepEqual(door.told, ['failed bad unreachable', 'down bad'])
  }
})

test('a call of which anything has left is tried nowhere else, whatever becomes of it', async () => {
  await using other = await startUpstream()
  for (const bytes of ['', 'SSH-2.0-OpenSSH_9.6\r\n', 'HTTP/1.1 200 OK\r\ncontent-le']) {
    await using raw = await startRawUpstream((socket) => socket.end(bytes))
    await using door = await openDoor({ raw: raw.origin, other: other.origin }, { random: () => 0 })
    assert.equal((await door.post()).status, 502)
    assert.deepEqual(door.told, ['failed raw broke'])
  }
  await using failing = await startUpstream()
  for (const status of [500, 502, 503, 504, 429, 401]) {
    failing.answer(json({}, status))
    await using door = await openDoor({ failing: failing.origin, other: other.origin }, { random: () => 0 })
    assert.ok((await door.post()).status >= 500)
  }
  assert.equal(other.calls.length, 0)
})

test('an upstream that could not be reached is left alone for a second, then tried by one call, then for longer', async () => {
  let now = 0
  const port = await freePort()
  await using good = await startUpstream()
  const bad = `http://127.0.0.1:${port}`
  await using door = await openDoor({ bad, good: good.origin }, { random: () => 0, clock: () => now })
  const attempts = () => door.told.filter((line) => line === 'failed bad unreachable').length
  const calls = async (count: number) => {
    const before = attempts()
    await Promise.all(Array.from({ length: count }, async () => assert.equal((await door.post()).status, 200)))
    return attempts() - before
  }
  assert.equal(await calls(1), 1)
  assert.equal(await calls(5), 0)
  for (const pause of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
    now += pause - 1
    assert.equal(await calls(3), 0, `${pause} ms: before its end`)
    now += 1
    assert.equal(await calls(3), 1, `${pause} ms: at its end`)
  }
  assert.equal(door.told.filter((line) => line === 'down bad').length, 1)
})

test('the list of models tells too whether an upstream can be reached, and one that is back is used again', async () => {
  let now = 0
  await using flaky = await startUpstream()
  await using good = await startUpstream()
  const port = await freePort()
  let origin = `http://127.0.0.1:${port}`
  const { httpUpstream } = await import('../../../src/gateway/upstreams/http.ts')
  const switched = () => httpUpstream({ url: `${origin}/v1`, key: null })
  let current = switched()
  const first = {
    weight: 1,
    attempt: (...args: Parameters<typeof current.attempt>) => current.attempt(...args),
    models: (...args: Parameters<typeof current.models>) => current.models(...args),
    close: () => current.close(),
  }
  await using door = await openDoor({ first, good: good.origin }, { random: () => 0, clock: () => now })
  const [source] = door.upstreams.sources()
  await assert.rejects(async () => source?.list())
  assert.deepEqual(door.told, ['failed first unreachable', 'down first'])
  await door.post()
  assert.equal(good.calls.length, 1)
  await current.close()
  origin = flaky.origin
  current = switched()
  flaky.models = [{ id: 'm1' }]
  now += 10
  assert.deepEqual(await source?.list(), [{ id: 'm1' }])
  assert.equal(door.told.at(-1), 'up first')
  await door.post()
  assert.equal(flaky.calls.length, 1)
})

test('where nobody can be reached every upstream is tried once, and the answer is 502 upstream_unreachable', async () => {
  await using door = await openDoor({ a: await nobody(), b: await nobody(), c: await nobody() })
  for (let i = 0; i < 2; i++) {
    door.told.length = 0
    const reply = await door.post()
    assert.equal(reply.status, 502)
    assert.equal(((await reply.json()) as { error: { code: string } }).error.code, 'upstream_unreachable')
    const tried = door.told.filter((line) => line.startsWith('failed')).toSorted()
    assert.deepEqual(
      tried,
      ['a', 'b', 'c'].map((name) => `failed ${name} unreachable`),
    )
  }
})

test('the only upstream is tried a second time after its first failure, and once while it is known to be down', async () => {
  await using door = await openDoor({ only: await nobody() })
  assert.equal((await door.post()).status, 502)
  assert.deepEqual(door.told, ['failed only unreachable', 'down only', 'failed only unreachable'])
  assert.equal((await door.post()).status, 502)
  assert.equal(door.told.length, 4)
})

test('calls are shared out by the weights, among those upstreams that serve the model', async () => {
  await using light = await startUpstream()
  await using heavy = await startUpstream()
  const { httpUpstream } = await import('../../../src/gateway/upstreams/http.ts')
  const weighted = (origin: string, weight: number) => httpUpstream({ url: `${origin}/v1`, key: null, weight })
  let point = 0
  const members = { light: weighted(light.origin, 1), heavy: weighted(heavy.origin, 3) }
  await using door = await openDoor(members, { random: () => point })
  for (let i = 0; i < 16; i++) {
    point = i / 16
    await door.post()
  }
  assert.deepEqual([light.calls.length, heavy.calls.length], [4, 12])
  await using one = await openDoor({ light: light.origin, heavy: heavy.origin }, { serving: ['light'] })
  for (let i = 0; i < 5; i++) await one.post()
  assert.deepEqual([light.calls.length, heavy.calls.length], [9, 12])
})

test('a client that leaves while its call is looking for an upstream is called nowhere', async () => {
  await using door = await openDoor({ only: await nobody() })
  const leaving = new AbortController()
  const call = fetch(`${door.url}/v1/chat/completions`, { method: 'POST', body: '{}', signal: leaving.signal })
  await until(() => door.told.length > 0, 'the first failure')
  leaving.abort()
  await assert.rejects(call)
  await until(() => door.ends.length > 0, 'its end')
  assert.deepEqual(door.ends, [{ status: null, end: 'never_sent' }])
})
