import assert from 'node:assert/strict'
import { test } from 'node:test'
import type OpenAI from 'openai'
import { databases } from '../../support/databases.ts'
import { modelsFile } from '../../support/models-file.ts'
import { makeKey } from '../gate.ts'
import { CHAT, create, jsonl, type Stage, startStage } from './stage.ts'

/*
 * Every kind of rule that a project has changes what becomes of a batch, from its next one on, and changes it back. What each rule says of a call is in
 * the table of `test/gateway/settings/`: a line of a batch is judged by the same.
 */

const models = {
  m1: {
    max_output_tokens: 20,
    price_per_million: { input: 0, output: 10_000 },
    organization_limits: { batch_1_day_max_input_tokens: 1000 },
  },
  free: { max_output_tokens: 20 },
}
const usd = { currency: 'USD', interval: 'month' } as const

type World = { it: Stage; admin: OpenAI.Admin.Organization; projectId: string; client: OpenAI }
type Row = {
  setting: string
  /** The body of a chat, or of a response. */
  body: object
  endpoint?: string
  set: (world: World) => Promise<unknown>
  /** The code that a batch fails with then. */
  with: string
  unset: (world: World) => Promise<unknown>
}

const messages = [{ role: 'user', content: 'hello' }]
const chat = { model: 'm1', messages }
const limit =
  (batch_1_day_max_input_tokens: number) =>
  ({ admin, projectId }: World) =>
    admin.projects.rateLimits.updateRateLimit('rl-m1', { project_id: projectId, batch_1_day_max_input_tokens })
const spendLimit =
  (cents: number) =>
  ({ admin, projectId }: World) =>
    admin.projects.spendLimit.update(projectId, { threshold_amount: cents, ...usd })
const noSpendLimit = ({ admin, projectId }: World) => admin.projects.spendLimit.delete(projectId)

const rows: readonly Row[] = [
  {
    setting: 'its model is denied',
    body: chat,
    set: ({ admin, projectId }) =>
      admin.projects.modelPermissions.update(projectId, { mode: 'deny_list', model_ids: ['m1'] }),
    with: 'model_not_found',
    unset: ({ admin, projectId }) => admin.projects.modelPermissions.delete(projectId),
  },
  {
    setting: 'a hosted tool that a line has is disabled',
    body: { model: 'm1', input: 'hello', tools: [{ type: 'web_search' }] },
    endpoint: '/v1/responses',
    set: ({ admin, projectId }) =>
      admin.projects.hostedToolPermissions.update(projectId, { web_search: { enabled: false } }),
    with: 'hosted_tool_not_allowed',
    unset: ({ admin, projectId }) =>
      admin.projects.hostedToolPermissions.update(projectId, { web_search: { enabled: true } }),
  },
  {
    setting: 'a service tier that a line asks for is disabled',
    body: { ...chat, service_tier: 'flex' },
    set: ({ admin, projectId }) => admin.projects.serviceTierSettings.update(projectId, { enabled_tiers: ['fast'] }),
    with: 'service_tier_not_allowed',
    unset: ({ admin, projectId }) => admin.projects.serviceTierSettings.update(projectId, { enabled_tiers: 'all' }),
  },
  {
    setting: 'nothing may be enqueued',
    body: chat,
    set: limit(0),
    with: 'token_limit_exceeded',
    unset: limit(1000),
  },
  {
    setting: 'less may be enqueued than it has',
    body: { model: 'm1', messages: [{ role: 'user', content: 'x'.repeat(800) }] },
    set: limit(199),
    with: 'token_limit_exceeded',
    unset: limit(1000),
  },
  {
    setting: 'its project may not spend what it can cost',
    body: chat,
    set: spendLimit(9),
    with: 'project_spend_limit_exceeded',
    unset: spendLimit(1000),
  },
  {
    setting: 'its organization may not spend what it can cost',
    body: chat,
    set: ({ admin }) => admin.spendLimit.update({ threshold_amount: 9, ...usd }),
    with: 'organization_spend_limit_exceeded',
    unset: ({ admin }) => admin.spendLimit.delete(),
  },
  {
    setting: 'a spend limit holds, and its model has no price',
    body: { model: 'free', messages },
    set: spendLimit(1000),
    with: 'model_price_unknown',
    unset: noSpendLimit,
  },
]

/** What becomes of a batch: that it is sent, or the code that it fails with. One that was sent is ended. */
async function fate({ it, client }: World, { body, endpoint = CHAT as string }: Row): Promise<string> {
  const line = { custom_id: 'a', method: 'POST', url: endpoint, body }
  const { id } = await create(client, jsonl([line]), { endpoint })
  const sent = it.sent(id).then((made) => made.id)
  sent.catch(() => {})
  const failed = it.reach(client, id, 'failed')
  failed.catch(() => {})
  const first = await Promise.any([sent, failed])
  if (typeof first !== 'string') return first.errors?.data?.[0]?.code ?? 'failed'
  it.account.move(first, 'failed')
  await failed
  return 'sent'
}

for (const database of databases) {
  test(`${database}: every kind of rule changes what becomes of a batch, and changes it back`, async (t) => {
    await using file = await modelsFile(models)
    await using it = await startStage({ database, env: { GATEHOUSE_CONFIG: file.path } })
    const admin = it.app.admin().organization
    for (const row of rows) {
      await t.test(row.setting, async () => {
        const { key, projectId } = await makeKey(it.app)
        const world = { it, admin, projectId, client: it.clientOf(key) }
        assert.equal(await fate(world, row), 'sent')
        await row.set(world)
        assert.equal(await fate(world, row), row.with)
        await row.unset(world)
        assert.equal(await fate(world, row), 'sent')
      })
    }
  })
}
