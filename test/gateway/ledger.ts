import assert from 'node:assert/strict'
import { yesterday } from '../support/days.ts'
import { modelsFile } from '../support/models-file.ts'
import { CHAT, makeKey, question, startGate, type TestGate, UPSTREAM_KEY } from './gate.ts'
import { json, settled, until } from './upstream.ts'

/** Tokens that the money pays for, the project's as well as the organization's: a hundredth of a cent for each one answered. */
const MONEY_TOKENS = 50_000
const CENTS = 500
const price_per_million = { input: 0, output: 100 }
const TOKENS_A_MINUTE = 60_000
/** So few that one of them drains in no test. */
const REQUESTS_A_DAY = 300

/** Most of the money and of the tokens: what is not given back of it is missed by the next call. */
export const LARGE = 40_000
export const large = { ...question, max_tokens: LARGE }

export const AUDIO = '/v1/audio/transcriptions'
export const EDITS = '/v1/images/edits'

type Between = { least: number; most: number }

/** A gate with every kind of limit, and what must be left of them. */
export type Ledger = AsyncDisposable & {
  gate: TestGate
  /** Another project of the organization, of which no reply may say a word. */
  other: { projectId: string; key: string }
  /** That a reply says nothing of the model server, its account, other projects or our insides. */
  isClean: (text: string) => void
  /**
   * That all is given back but so many requests, and that so many calls were metered, since this was last asked.
   * @param kept a number, or what it is between where chance has a say
   * @param metered calls, each of them once; no more than were kept
   */
  balances: (kept: number | Between, metered: number, what?: string) => Promise<void>
}

export async function openLedger(options: Parameters<typeof startGate>[0] = {}): Promise<Ledger> {
  await using stack = new AsyncDisposableStack()
  const organization_limits = {
    max_requests_per_1_minute: 100_000,
    max_requests_per_1_day: REQUESTS_A_DAY,
    max_tokens_per_1_minute: TOKENS_A_MINUTE,
    max_images_per_1_minute: 100,
    max_audio_megabytes_per_1_minute: 1,
  }
  const models = await modelsFile({ m1: { organization_limits, price_per_million } })
  stack.use(models)
  const gate = stack.use(await startGate({ ...options, env: { GATEHOUSE_CONFIG: models.path, ...options.env } }))
  const other = await makeKey(gate.app)
  const { projects, spendLimit } = gate.app.admin().organization
  const money = { currency: 'USD', interval: 'month', threshold_amount: CENTS } as const
  const project_id = gate.projectId
  await projects.rateLimits.updateRateLimit('rl-m1', { project_id, max_tokens_per_1_minute: TOKENS_A_MINUTE })
  await projects.spendLimit.update(project_id, money)
  await spendLimit.update(money)
  const origin = new URL(gate.upstream.origin)
  const secrets = [UPSTREAM_KEY, origin.host, origin.port, 'org-theirs', 'proj_theirs', other.projectId, other.key]
  let [requests, metered] = [0, 0]

  const ask = (max_tokens: number) =>
    gate.app.send('POST', CHAT, { key: gate.key, body: { ...question, max_completion_tokens: max_tokens } })

  async function balances(kept: number | Between, more: number, what = 'the case') {
    const { least, most } = typeof kept === 'number' ? { least: kept, most: kept } : kept
    metered += more
    const quiet = async () => (await gate.app.metric('gatehouse_requests_in_flight')) === 1
    await until(quiet, `the end of ${what}`)
    await until(async () => (await gate.app.metric('gatehouse_body_bytes')) === 0, `the bodies of ${what}`)
    await until(async () => (await usedBy(gate)).calls >= metered, `the usage of ${what}`)
    if (least !== most) await settled(async () => (await usedBy(gate)).calls)
    const { calls, input, output, dollars } = await usedBy(gate)
    const tooMany = calls - metered
    assert.ok(tooMany >= 0 && tooMany <= most - least, `${tooMany} calls too many were metered after ${what}`)
    metered = calls
    assert.equal(dollars.toFixed(4), (output / 10_000).toFixed(4), `costs after ${what}`)

    gate.upstream.answer(json({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 0 } }))
    const rest = MONEY_TOKENS - output
    const tooMuch = await ask(rest + 1)
    assert.deepEqual([tooMuch.status, tooMuch.body.error.code], [429, 'project_spend_limit_exceeded'], what)
    const reply = await ask(rest)
    assert.equal(reply.status, 200, `all that is left after ${what}: ${reply.text}`)
    const left = (name: string) => Number(reply.headers.get(`x-ratelimit-remaining-${name}`))
    // This one is one of them.
    const taken = REQUESTS_A_DAY - left('requests') - requests - 1
    assert.ok(taken >= least + tooMany && taken <= most, `${taken} requests were taken after ${what}`)
    requests += taken + 1
    metered++
    // What was used may have drained meanwhile.
    for (const name of ['tokens', 'project-tokens']) {
      const lowest = TOKENS_A_MINUTE - rest - input - output
      assert.ok(left(name) >= lowest && left(name) <= TOKENS_A_MINUTE - rest, `${left(name)} ${name} after ${what}`)
    }
    // A reply is there before its call is settled, and another thread may have the next one.
    await until(quiet, `the end of the last call after ${what}`)
  }

  const isClean = (text: string) => {
    for (const secret of secrets) assert.ok(!text.includes(secret), `${secret} in ${text}`)
    assert.doesNotMatch(text, /theirs|\n\s+at |node:|\.ts:|ECONN|UND_ERR|undici|HPE_/)
  }
  const rest = stack.move()
  return { gate, other, isClean, balances, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

/** What the reports say that a project has used, dollars too, once the buffer is written. */
export async function usedBy({ app, projectId }: Pick<TestGate, 'app' | 'projectId'>) {
  await until(async () => (await app.metric('gatehouse_usage_buffered')) === 0, 'the flush')
  const { usage } = app.admin().organization
  const start_time = yesterday()
  const query = { start_time, bucket_width: '1d' as const, project_ids: [projectId], limit: 3 }
  const sums = { calls: 0, input: 0, output: 0, dollars: 0 }
  for (const { results } of (await usage.completions(query)).data) {
    for (const result of results) {
      if (result.object !== 'organization.usage.completions.result') continue
      sums.calls += result.num_model_requests
      sums.input += result.input_tokens
      sums.output += result.output_tokens
    }
  }
  for (const { results } of (await usage.costs(query)).data) {
    for (const result of results) {
      if (result.object === 'organization.costs.result') sums.dollars += Number(result.amount?.value ?? 0)
    }
  }
  return sums
}
