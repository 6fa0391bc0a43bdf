import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { newAdminKey, newOrganization, newUser, type Organization } from '../../test/contract/organizations.ts'
import { CHAT, question } from '../../test/gateway/gate.ts'
import { clientOf } from '../../test/support/client.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { modelsFile } from '../../test/support/models-file.ts'
import { until } from '../../test/support/until.ts'
import type { CostEstimate } from '../contract/cost-estimate.ts'
import { contract } from '../contract/index.ts'

const MODELS = {
  echo: { price_per_million: { input: 0.15, cached_input: 0.075, output: 0.6 } },
  embedder: { price_per_million: { input: 0.02 } },
  unpriced: {},
}
type Asked = { model: string; input_tokens?: number; input_cached_tokens?: number; output_tokens?: number }

let file: Awaited<ReturnType<typeof modelsFile>>
let app: TestApp
let own: Organization
before(async () => {
  file = await modelsFile(MODELS)
  app = await startTestApp({ env: { GATEHOUSE_CONFIG: file.path } })
  own = await newOrganization(app)
})
after(async () => {
  await app[Symbol.asyncDispose]()
  await file[Symbol.asyncDispose]()
})

const ask = (query: Asked, key = own.key) => clientOf(app, key)(contract.costEstimate.retrieve, { query })
/** The amounts of an answer: all of it, and each of its items. */
const amounts = ({ amount, line_items }: CostEstimate) => [
  amount.value,
  ...line_items.map(({ line_item, quantity, amount }) => [line_item, quantity, amount.value]),
]

test('a price is told by what was used: each part at its own price, rounded up once, and where the cache had more than there was, all of it', async () => {
  const price_per_million = { input: 0.15, cached_input: 0.075, output: 0.6 }
  assert.deepEqual(await ask({ model: 'echo', input_tokens: 1000, input_cached_tokens: 400, output_tokens: 10 }), {
    object: 'organization.costs.estimate',
    model: 'echo',
    amount: { value: 0.000126, currency: 'usd' },
    line_items: [
      ['echo, input_tokens', 600, 0.00009],
      ['echo, cached_input_tokens', 400, 0.00003],
      ['echo, output_tokens', 10, 0.000006],
    ].map(([line_item, quantity, value]) => ({
      ...{ line_item, quantity, quantity_unit: 'tokens', amount: { value, currency: 'usd' } },
    })),
    price_per_million,
  })
  assert.deepEqual(amounts(await ask({ model: 'echo', input_tokens: 3, input_cached_tokens: 9 })), [
    0.000000225,
    ['echo, cached_input_tokens', 3, 0.000000225],
  ])
  assert.deepEqual(amounts(await ask({ model: 'embedder', input_tokens: 1 })), [
    0.00000002,
    ['embedder, input_tokens', 1, 0.00000002],
  ])
  const nothing = await ask({ model: 'echo' })
  assert.deepEqual([...amounts(nothing), nothing.price_per_million], [0, price_per_million])
})

test('a model without a price says that it has none, and one that is not there is not found', async () => {
  const unpriced = await ask({ model: 'unpriced', input_tokens: 1000, output_tokens: 1000 })
  assert.deepEqual([...amounts(unpriced), unpriced.price_per_million], [0, null])
  for (const model of ['nobody-has-it', '', '*default']) {
    await assert.rejects(ask({ model }), { status: 404, code: 'not_found', param: 'model' }, model)
  }
  await assert.rejects(ask({} as Asked), { status: 400, code: 'missing_required_parameter', param: 'model' })
})

test('a member is told what their own call costs, which is what the costs have of it', async () => {
  const { projects } = own.admin
  const { id: project_id } = await projects.create({ name: 'Kitchen' })
  const { id: user_id } = await newUser(app, own)
  await projects.users.create(project_id, { user_id, role: 'member' })
  const members = await newAdminKey(app, own, user_id)
  const params = { project_id }
  const made = await clientOf(app, members)(contract.projectApiKeys.create, { params, body: { name: 'mine' } })
  const { body } = await app.send('POST', CHAT, { key: made.value, body: { ...question, model: 'echo' } })
  const { prompt_tokens: input_tokens, completion_tokens: output_tokens } = body.usage
  const { amount, line_items } = await ask({ model: 'echo', input_tokens, output_tokens }, members)
  assert.ok(amount.value > 0)
  const query = { start_time: Math.floor(Date.now() / 1000) - 86_400, limit: 3 }
  const costs = async () => {
    const ofProject = { ...query, project_ids: [project_id], group_by: ['line_item' as const] }
    const { data } = await clientOf(app, own.key)(contract.usage.costs, { query: ofProject })
    return data.flatMap(({ results }) =>
      results.map(({ line_item, quantity, amount }) => [line_item, quantity, amount.value]),
    )
  }
  await until(async () => (await costs()).length > 0, 'the costs have the call')
  assert.deepEqual(
    (await costs()).sort(),
    line_items.map(({ line_item, quantity, amount }) => [line_item, quantity, amount.value]).sort(),
  )
})
