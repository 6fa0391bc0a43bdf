import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reply } from '../support/harness.ts'
import { modelsFile } from '../support/models-file.ts'
import { CHAT, makeKey, question, startGate, type TestGate } from './gate.ts'
import { json, type Script, until } from './upstream.ts'

const MINUTE_MS = 60_000
const CALLS = 1000
/** What a call takes and a hundred of them may: exactly all of the limit. */
const TOKENS = 100
const ROOM = 100
/** Ten cents for a hundred tokens, so a hundred calls cost ten dollars. */
const models = {
  m1: { price_per_million: { input: 0, output: 1000 } },
  m2: { dimensions: ['images', 'audio', 'requests_per_day'], shared_pool: 'twins' },
  m3: { shared_pool: 'twins', organization_limits: { max_requests_per_1_minute: ROOM } },
}
const DOLLARS = { currency: 'USD', interval: 'month', threshold_amount: 1000 } as const

async function startLimited(): Promise<TestGate> {
  await using stack = new AsyncDisposableStack()
  const { path } = stack.use(await modelsFile(models))
  const gate = stack.use(await startGate({ env: { GATEHOUSE_CONFIG: path } }))
  const rest = stack.move()
  return { ...gate, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

/** A model server that keeps every call until all are let go. */
function holding(gate: TestGate, answer: Script) {
  const { promise, resolve } = Promise.withResolvers<void>()
  gate.upstream.answer(async (call) => {
    await promise
    await answer(call)
  })
  return resolve
}

type Ask = { key: string; body?: object }

/** A thousand calls at once, of which none ends before all were judged. */
async function flood(gate: TestGate, asks: readonly Ask[], answer: Script = json({ choices: [] })) {
  const release = holding(gate, answer)
  const refused: Reply[] = []
  const admitted: Reply[] = []
  const [before, begun] = [gate.upstream.calls.length, performance.now()]
  const done = Promise.all(
    Array.from({ length: CALLS }, async (_, i) => {
      const { key, body } = asks[i % asks.length] as Ask
      const reply = await gate.app.send('POST', CHAT, { key, body: { ...question, max_tokens: TOKENS, ...body } })
      if (reply.status === 200) admitted.push(reply)
      else refused.push(reply)
    }),
  )
  const reached = () => gate.upstream.calls.length - before
  await until(() => reached() + refused.length === CALLS, 'a judgement of all calls', 60_000)
  const elapsedMs = performance.now() - begun
  assert.equal(admitted.length, 0)
  release()
  await done
  await until(async () => (await gate.app.metric('gatehouse_requests_in_flight')) === 1, 'the end of all calls')
  assert.equal(admitted.length, CALLS - refused.length)
  assert.equal(reached(), admitted.length)
  return { admitted: admitted.length, refused, refilled: (elapsedMs * ROOM) / MINUTE_MS }
}

/** Not one too many, and not one too few. */
function isExact({ admitted, refilled }: { admitted: number; refilled: number }) {
  assert.ok(admitted <= ROOM + refilled, `${admitted} were admitted; ${refilled} places were refilled`)
  assert.ok(admitted >= ROOM - 1, `${admitted} were admitted`)
}

test('of 1,000 concurrent requests against 100 a minute, a hundred and what refills meanwhile are admitted', async () => {
  await using gate = await startLimited()
  const { rateLimits } = gate.app.admin().organization.projects
  const project_id = gate.projectId
  await rateLimits.updateRateLimit('rl-m1', { project_id, max_requests_per_1_minute: ROOM })
  const seen = await flood(gate, [gate])
  isExact(seen)
  for (const { status, body, headers } of seen.refused) {
    assert.deepEqual([status, body.error.code, body.error.type], [429, 'rate_limit_exceeded', 'requests'])
    assert.match(body.error.message, /\(RPM\): Limit 100, Used (99|100), Requested 1\. Please try again in \d/)
    assert.equal(headers.get('retry-after'), '1')
    // Of nine hundred refusals none took anything, so that no one waits longer than for one place.
    assert.ok(Number(headers.get('retry-after-ms')) <= MINUTE_MS / ROOM)
  }
})

test('of 1,000 concurrent requests of 100 tokens against 10,000 a minute, no more are admitted than the tokens reach', async () => {
  await using gate = await startLimited()
  const { rateLimits } = gate.app.admin().organization.projects
  const project_id = gate.projectId
  await rateLimits.updateRateLimit('rl-m1', { project_id, max_tokens_per_1_minute: ROOM * TOKENS })
  const seen = await flood(gate, [gate], json({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 1 } }))
  isExact(seen)
  for (const { status, body } of seen.refused) assert.deepEqual([status, body.error.type], [429, 'tokens'])
  // What was taken too much is given back of every one of them, so there is room for a call of nearly all tokens.
  const large = { ...question, max_tokens: (ROOM - 5) * TOKENS }
  const asked = async () => (await gate.app.send('POST', CHAT, { key: gate.key, body: large })).status
  // A Redis hears of it with the next batch, and a refusal is remembered for a tenth of a second. Without it there would be room after a minute.
  if (process.env.TEST_REDIS_URL) await until(async () => (await asked()) === 200, 'room for it', 20_000)
  else assert.equal(await asked(), 200)
})

test('of 1,000 concurrent requests of ten cents against ten dollars, exactly a hundred are admitted', async () => {
  await using gate = await startLimited()
  await gate.app.admin().organization.projects.spendLimit.update(gate.projectId, DOLLARS)
  const half = json({ choices: [], usage: { prompt_tokens: 9, completion_tokens: TOKENS / 2 } })
  const seen = await flood(gate, [gate], half)
  assert.equal(seen.admitted, ROOM)
  for (const { status, body } of seen.refused) {
    assert.deepEqual([status, body.error.code], [429, 'project_spend_limit_exceeded'])
  }
  // They cost half of what was set aside; money does not refill.
  const again = await flood(gate, [gate], json({ choices: [], usage: { prompt_tokens: 9, completion_tokens: TOKENS } }))
  assert.equal(again.admitted, ROOM / 2)
  assert.equal((await flood(gate, [gate])).admitted, 0)
})

test("an organization's money is shared by its projects: together exactly a hundred are admitted", async () => {
  await using gate = await startLimited()
  const other = await makeKey(gate.app)
  await gate.app.admin().organization.spendLimit.update(DOLLARS)
  const seen = await flood(gate, [gate, other])
  assert.equal(seen.admitted, ROOM)
  for (const { body } of seen.refused) assert.equal(body.error.code, 'organization_spend_limit_exceeded')
})

test("an organization's maximum for a pool is shared by its projects and by the pool's models", async () => {
  await using gate = await startLimited()
  const other = await makeKey(gate.app)
  const asks = ['m2', 'm3'].flatMap((model) => [gate, other].map(({ key }) => ({ key, body: { model } })))
  const seen = await flood(gate, asks)
  isExact(seen)
  for (const { body } of seen.refused) assert.match(body.error.message, /for m[23] \(for limit twins\) in organization/)
})
