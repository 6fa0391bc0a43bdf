import { type Static, Type } from './json-schema.ts'
import { get, ours } from './route.ts'
import { Const, Query } from './schema.ts'
import { Amount } from './usage.ts'

/** As many as a report can ever add up, and far more than a call can have. */
const Tokens = (description: string) =>
  Type.Integer({ minimum: 0, maximum: 1_000_000_000_000, default: 0, description })
const Dollars = (description: string) => Type.Unsafe<number>({ type: 'number', description })

export const CostEstimate = Type.Object({
  object: Const('organization.costs.estimate'),
  model: Type.String(),
  amount: Amount,
  line_items: Type.Array(
    Type.Object({
      line_item: Type.String({ description: 'What is paid for, as the costs name it.' }),
      quantity: Type.Integer({ description: 'How much of it.' }),
      quantity_unit: Const('tokens'),
      amount: Amount,
    }),
    { description: 'What the amount is made of. Empty: nothing was used, or the model has no price.' },
  ),
  price_per_million: Type.Union([
    Type.Object({
      input: Dollars('Dollars for a million tokens of input.'),
      cached_input: Dollars('For those of them that a cache had.'),
      output: Dollars('For a million tokens of output.'),
    }),
    Type.Null(),
  ]),
})
export type CostEstimate = Static<typeof CostEstimate>

export const costEstimate = ours('The original has its prices on a web page only.', {
  retrieve: get('/v1/organization/costs/estimate', {
    summary: 'What a call that uses so much costs by the prices that this server has now',
    permission: 'api.model.read',
    usesModels: true,
    query: Query({
      model: Type.String({ description: 'The model, as calls name it.', maxLength: 200 }),
      input_tokens: Tokens('All input tokens, of text, images and sound alike.'),
      input_cached_tokens: Tokens('Those of them that a cache had; more than there are is all of them.'),
      output_tokens: Tokens('All output tokens, those of thoughts included.'),
    }),
    reply: CostEstimate,
  }),
})
