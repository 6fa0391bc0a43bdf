import { CallError } from '../../api/call.ts'
import { useRead } from '../../api/query.ts'
import { figure } from '../../patterns/figures.ts'
import type { TokensUsed } from './piece.ts'

/** A call costs far less than a cent: as many decimals as there are. */
const exact = new Intl.NumberFormat(undefined, {
  ...{ style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol' },
  ...{ minimumFractionDigits: 2, maximumFractionDigits: 9 },
})

/** What a call that used so much costs, by the prices that the server has. */
export function Price({ model, used: { input, cached, output } }: { model: string; used: TokensUsed }) {
  const { data, error } = useRead('GET /v1/organization/costs/estimate', {
    query: { model, input_tokens: input, input_cached_tokens: cached, output_tokens: output },
  })
  if (error) {
    const isUnknown = error instanceof CallError && error.status === 404
    return <span className="muted">{isUnknown ? 'Not known: no list has this model' : error.message}</span>
  }
  if (data === undefined) return <span className="bone" />
  if (data.price_per_million === null) return <span className="muted">The model has no price</span>
  const items = data.line_items.map(
    ({ line_item, quantity, amount }) => `${line_item}: ${figure(quantity)} for ${exact.format(amount.value)}`,
  )
  return <span title={items.join('\n')}>{exact.format(data.amount.value)}</span>
}
