import assert from 'node:assert/strict'
import { test } from 'node:test'
import OpenAI from 'openai'
import { endsWithin, type Server, serve, until } from '../process/gatehouse.ts'
import { databases, openTestDatabase } from '../support/databases.ts'
import { ADMIN_KEY } from '../support/harness.ts'
import { modelsFile } from '../support/models-file.ts'
import { CHAT } from './gate.ts'
import { json, startUpstream } from './upstream.ts'

const LIMIT = 5
/** A dollar; a token of an answer costs a cent. */
const price_per_million = { input: 0, output: 10_000 }
const DOLLAR = { currency: 'USD', interval: 'month', threshold_amount: 100 } as const

const admin = ({ url }: Server) =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: 'unused', adminAPIKey: ADMIN_KEY }).admin.organization

async function ask({ url }: Server, key: string, model: string, max_tokens: number) {
  const response = await fetch(url + CHAT, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model, max_tokens, messages: [{ role: 'user', content: 'hello' }] }),
  })
  const { error } = (await response.json()) as { error?: { code: string; message: string } }
  return { status: response.status, error, left: response.headers.get('x-ratelimit-remaining-requests') }
}

/** Whether the usage of so many calls is in the database, and what is written with it. */
async function isWritten(server: Server, calls: number): Promise<boolean> {
  const start_time = Math.floor(Date.now() / 1000) - 86_400
  const { data } = await admin(server).usage.completions({ start_time, bucket_width: '1d', limit: 2 })
  let sum = 0
  for (const { results } of data) {
    for (const one of results) if (one.object === 'organization.usage.completions.result') sum += one.num_model_requests
  }
  const metrics = await (await fetch(`${server.url}/metrics`)).text()
  return sum === calls && /^gatehouse_usage_buffered 0$/m.test(metrics)
}

for (const database of databases) {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    test(`${database}: what was used of a day's requests and of a month's money is still used after ${signal}`, async () => {
      await using own = await openTestDatabase(database)
      await using upstream = await startUpstream()
      upstream.answer(json({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 20 } }))
      await using models = await modelsFile({
        daily: { organization_limits: { max_requests_per_1_day: LIMIT } },
        priced: { price_per_million },
      })
      const env = {
        GATEHOUSE_DATABASE_URL: own.url,
        GATEHOUSE_ADMIN_KEY: ADMIN_KEY,
        GATEHOUSE_CONFIG: models.path,
        GATEHOUSE_UPSTREAM_URL: `${upstream.origin}/v1`,
      }
      await using server = await serve({ env })
      const { projects } = admin(server)
      const { id } = await projects.create({ name: 'limited' })
      const key = (await projects.serviceAccounts.create(id, { name: 'bot' })).api_key?.value ?? ''
      const before = []
      // Three of five requests, and 60 of a hundred cents. A limit of money would refuse the model without a price.
      for (let i = 0; i < 3; i++) before.push((await ask(server, key, 'daily', 10)).status)
      await projects.spendLimit.update(id, DOLLAR)
      for (let i = 0; i < 3; i++) before.push((await ask(server, key, 'priced', 20)).status)
      assert.deepEqual(before, [200, 200, 200, 200, 200, 200])
      if (signal === 'SIGKILL') {
        await until(() => isWritten(server, 6), 'the usage')
        // The levels are written in the beat of the usage, behind it: the next call's beat comes after that.
        assert.equal((await ask(server, key, 'priced', 20)).status, 200)
        await until(() => isWritten(server, 7), 'the usage of one call more')
      }
      server.signal(signal)
      await endsWithin(server, 20_000)

      await using next = await serve({ env })
      const spent = signal === 'SIGKILL' ? 80 : 60
      const tooMuch = await ask(next, key, 'priced', 100 - spent + 1)
      assert.deepEqual([tooMuch.status, tooMuch.error?.code], [429, 'project_spend_limit_exceeded'])
      assert.equal((await ask(next, key, 'priced', 100 - spent)).status, 200)
      await admin(next).projects.spendLimit.delete(id)
      const first = await ask(next, key, 'daily', 10)
      assert.deepEqual([first.status, first.left], [200, '1'])
      assert.equal((await ask(next, key, 'daily', 10)).status, 200)
      const refused = await ask(next, key, 'daily', 10)
      assert.equal(refused.status, 429)
      assert.match(refused.error?.message ?? '', /on requests per day \(RPD\): Limit 5, Used 5, Requested 1\./)
    })
  }
}
