import type { CostEstimate, costEstimate as routes } from '../contract/cost-estimate.ts'
import { notFound } from '../contract/error.ts'
import type { CatalogueModel } from '../core/catalogue.ts'
import { usd } from '../core/money.ts'
import { costEntries, costOf } from '../core/price.ts'
import type { Handlers } from './handlers.ts'
import { amountView } from './usage.ts'

export const costEstimate: Handlers<typeof routes> = {
  // By the function that charges a call, so that nobody is told another amount than they pay.
  async retrieve({ query, models }): Promise<CostEstimate> {
    const model = models.seen.get(query.model)
    if (model === undefined) throw notFound('model', query.model, 'model')
    const tokens = {
      inputTokens: query.input_tokens,
      cachedInputTokens: query.input_cached_tokens,
      outputTokens: query.output_tokens,
    }
    return {
      object: 'organization.costs.estimate',
      model: model.id,
      amount: amountOf(costOf(model, tokens)),
      line_items: costEntries(model, tokens).map(({ line_item, units, quantity_unit, amount_nano }) => ({
        line_item,
        quantity: units,
        quantity_unit,
        amount: amountOf(amount_nano),
      })),
      price_per_million: priceView(model),
    }
  },
}

function priceView({ price }: CatalogueModel): CostEstimate['price_per_million'] {
  if (price === null) return null
  const { input, cachedInput, output } = price
  return { input: usd(0, input), cached_input: usd(0, cachedInput), output: usd(0, output) }
}

const amountOf = (nanos: number) => amountView({ dollars: 0, nanos })
