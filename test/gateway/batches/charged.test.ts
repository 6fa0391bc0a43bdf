import assert from 'node:assert/strict'
import { test } from 'node:test'
import type OpenAI from 'openai'
import { DATABASE, databases, openTestDatabase } from '../../support/databases.ts'
import { passMonthsEnd } from '../../support/days.ts'
import { startTestApp } from '../../support/harness.ts'
import { modelsFile } from '../../support/models-file.ts'
import { startRedis, withoutRedis } from '../../support/redis.ts'
import { until } from '../../support/until.ts'
import { envOf } from '../owned/shared.ts'
import { chat, create, jsonl, type Stage, startStage } from './stage.ts'

/** A token of an answer costs a cent, and in batches half of one; a thousand of a question as much. */
const M1 = {
  max_output_tokens: 60,
  price_per_million: { input: 10, output: 10_000 },
  batch_price_per_million: { input: 5, output: 5000 },
}
const usd = { currency: 'USD', interval: 'month' } as const
const [HOUR, DAY] = [3600, 86_400]

type Cost = { line_item?: string; amount?: { value?: number } }

async function startPriced(options: Parameters<typeof startStage>[0], redis?: string) {
  await using stack = new AsyncDisposableStack()
  const file = stack.use(await modelsFile({ m1: M1 }))
  const it = stack.use(
    await startStage({
      ...options,
      env: { GATEHOUSE_CONFIG: file.path, ...(redis && { GATEHOUSE_REDIS_URL: redis }) },
    }),
  )
  passMonthsEnd(it.app, HOUR)
  const rest = stack.move()
  /** What all batches hold of money and tokens: sums that are not nothing. */
  const held = async () => {
    const rows = await it.app.db
      .selectFrom('batch_held')
      .select('what')
      .where('organization_id', '!=', '')
      .where('amount', '!=', 0n as never)
      .execute()
    return rows.map(({ what }) => what)
  }
  return { ...it, held, admin: it.app.admin().organization, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

/** A live call, as its status or the code of its refusal. */
async function live({ chat }: OpenAI, max_completion_tokens: number): Promise<string> {
  try {
    await chat.completions.create({ model: 'm1', messages: [], max_completion_tokens })
    return '200'
  } catch (error) {
    return `${(error as { code?: string }).code}`
  }
}

/** Ends the account's batch of one that was made, and waits until that is known. */
async function endAs(
  it: Stage,
  client: OpenAI,
  id: string,
  status: 'completed' | 'cancelled' | 'expired',
  done?: number,
) {
  const sent = await it.sent(id)
  it.account.move(sent.id, 'in_progress')
  if (status === 'cancelled') it.account.move(sent.id, 'cancelling')
  it.account.move(sent.id, status, done === undefined ? {} : { done })
  it.later()
  return it.reach(client, id, status)
}

for (const database of databases) {
  test(`${database}: what a batch uses is its key's, and costs what batches cost: reports tell it from all else`, async () => {
    await using it = await startPriced({ database })
    const { client, projectId, keyId } = it.a
    const notification_channel = { type: 'email' as const, recipients: ['finance@example.com'] }
    await it.admin.projects.spendAlerts.create(projectId, { threshold_amount: 5, ...usd, notification_channel })
    const made = await create(client, jsonl([chat('a'), chat('b'), chat('c')]))
    const { id } = await it.sent(made.id)
    it.account.move(id, 'completed', {
      answer: ({ custom_id }) =>
        custom_id === 'b'
          ? { status_code: 500, body: { error: { message: 'no' } } }
          : {
              status_code: 200,
              body: {
                ...{ object: 'chat.completion', model: 'm1', choices: [] },
                usage: { prompt_tokens: 10, completion_tokens: 5, prompt_tokens_details: { cached_tokens: 3 } },
              },
            },
    })
    it.later()
    await it.reach(client, made.id, 'completed')
    // Nobody makes a call that would have it looked at.
    await until(async () => (await it.app.metric('gatehouse_spend_alerts_total{level="project"}')) === 1, 'the alert')
    assert.equal(await live(it.b.client, 20), '200')
    const start_time = Math.floor(Date.now() / 1000) - DAY
    const rows = async (of: object = {}) => {
      const { data } = await it.admin.usage.completions({ start_time, ...of })
      return data.flatMap(({ results }) => results) as { batch?: boolean | null; input_tokens?: number }[]
    }
    await until(async () => (await rows({ group_by: ['batch'] })).length === 2, 'both to be in the report')
    const [own] = await rows({ batch: true, group_by: ['batch', 'project_id', 'api_key_id', 'user_id', 'model'] })
    assert.deepEqual(own, {
      ...own,
      ...{ object: 'organization.usage.completions.result', batch: true, model: 'm1', num_model_requests: 2 },
      ...{ input_tokens: 20, output_tokens: 10, input_cached_tokens: 6, project_id: projectId, api_key_id: keyId },
    })
    assert.equal((await rows({ batch: false, group_by: ['batch'] }))[0]?.batch, false)
    const { data } = await it.admin.usage.costs({ start_time, group_by: ['line_item', 'project_id'] })
    const costs = data.flatMap(({ results }) => results) as (Cost & { project_id?: string })[]
    const of = ({ projectId }: { projectId: string }) =>
      costs.filter((one) => one.project_id === projectId).map(({ line_item, amount }) => [line_item, amount?.value])
    assert.deepEqual(of(it.a), [
      ['m1, cached_input_tokens', 0.00003],
      ['m1, input_tokens', 0.00007],
      ['m1, output_tokens', 0.05],
    ])
    assert.equal(Object.fromEntries(of(it.b))['m1, output_tokens'], 0.05)
  })

  test(`${database}: enqueued input tokens have a limit, which is a project's own, and come back when a batch has ended`, async () => {
    await using it = await startPriced({ database })
    const { client, projectId: project_id } = it.a
    const limits = it.admin.projects.rateLimits
    const shown = async () => {
      const all = await Array.fromAsync(limits.listRateLimits(project_id))
      return all.find(({ model }) => model === 'm1')?.batch_1_day_max_input_tokens
    }
    assert.equal(await shown(), 2_147_483_647)
    const line = chat('a', { messages: [{ role: 'user', content: 'x'.repeat(400) }] })
    await limits.updateRateLimit('rl-m1', { project_id, batch_1_day_max_input_tokens: 150 })
    assert.equal(await shown(), 150)
    const first = await create(client, jsonl([line]))
    await it.sent(first.id)
    const use = async () => {
      const path = `/v1/organization/projects/${project_id}/rate_limits/usage?name=m1`
      const { body } = await it.app.send('GET', path, {})
      return (body as { data: { limits: object[] }[] }).data[0]?.limits
    }
    const [used] = (await use()) as { used: number }[]
    assert.deepEqual(used, {
      ...{ scope: 'project', dimension: 'batch_1_day_max_input_tokens', period_seconds: DAY, maximum: 150 },
      ...{ used: used?.used, remaining: 150 - (used?.used ?? 0), resets_in_ms: null },
    })
    assert.ok((used?.used ?? 0) >= 100)
    const second = await create(client, jsonl([line]))
    const failed = await it.reach(client, second.id, 'failed')
    const [error] = failed.errors?.data ?? []
    assert.deepEqual([error?.code, error?.line, error?.param], ['token_limit_exceeded', null, null])
    assert.match(String(error?.message), /^Enqueued token limit reached for m1 in project proj_\w+ organization org-/)
    // Another project has its own.
    await it.sent((await create(it.b.client, jsonl([line]))).id)
    await endAs(it, client, first.id, 'cancelled', 0)
    await it.sent((await create(client, jsonl([line]))).id)
  })
}

const places = [
  ...databases.map((database) => ({ what: `${database}`, database, withRedis: false })),
  { what: 'counted in Redis', database: DATABASE, withRedis: true },
]

for (const { what, database, withRedis } of places) {
  test(`${what}: the money of a batch is held while it runs: live calls and other batches have what is left`, {
    skip: withRedis && withoutRedis,
  }, async () => {
    await using redis = withRedis ? await startRedis() : null
    await using it = await startPriced({ database }, redis?.url)
    const { client, projectId } = it.a
    await it.admin.projects.spendLimit.update(projectId, { threshold_amount: 100, ...usd })
    assert.equal(await live(client, 50), '200')
    const fifty = jsonl(['a', 'b', 'c', 'd', 'e'].map((id) => chat(id, { max_completion_tokens: 20 })))
    const first = await create(client, fifty)
    await it.sent(first.id)
    assert.equal(await live(client, 50), 'project_spend_limit_exceeded')
    assert.equal(await live(client, 20), '200')
    const second = await create(client, fifty)
    const failed = await it.reach(client, second.id, 'failed')
    assert.equal(failed.errors?.data?.[0]?.code, 'project_spend_limit_exceeded')
    // Two lines are done: what they cost is spent, and the rest is given back.
    await endAs(it, client, first.id, 'expired', 2)
    assert.equal(await live(client, 50), '200')
    assert.deepEqual(await it.held(), [])
  })
}

for (const database of databases) {
  test(`${database}: of two servers each holds the money of all batches, whichever made them, and counts what they have spent`, async () => {
    await using file = await modelsFile({ m1: M1 })
    await using own = await openTestDatabase(database)
    const options = { databaseUrl: own.url, env: { GATEHOUSE_CONFIG: file.path } }
    await using it = await startStage(options)
    await using next = await startTestApp({ ...options, env: { ...envOf(it.account), ...options.env } })
    const there = next.client(it.a.key)
    const { spendLimit } = it.app.admin().organization.projects
    await spendLimit.update(it.a.projectId, { threshold_amount: 100, ...usd })
    // What is let in costs nothing, however often it is asked.
    it.account.fail('POST /v1/chat/completions', 500)
    const isRefused = async (client: OpenAI) => (await live(client, 50)) === 'project_spend_limit_exceeded'
    for (const client of [it.a.client, there]) assert.equal(await isRefused(client), false)
    const lines = ['a', 'b', 'c', 'd', 'e'].map((id) => chat(id, { max_completion_tokens: 20 }))
    const made = await create(there, jsonl(lines))
    const sent = await it.sent(made.id)
    for (const client of [it.a.client, there]) await until(() => isRefused(client), 'it to be held everywhere')
    it.account.move(sent.id, 'completed')
    // Two minutes of which each server has its own.
    for (const app of [it.app, next]) app.advance(61)
    await it.reach(there, made.id, 'completed')
    for (const client of [it.a.client, there])
      await until(async () => !(await isRefused(client)), 'the rest to be there everywhere')
  })
}
