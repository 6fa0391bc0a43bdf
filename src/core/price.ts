import type { CatalogueModel, Price } from './catalogue.ts'

/** Prices are for so many tokens. */
const PER = 1_000_000
/** What one call can cost at most: some nine million dollars, the largest amount that is exact as a number. */
const MOST = Number.MAX_SAFE_INTEGER

/** What a call was charged for, as one row of a costs report: the columns of a usage entry of kind `costs`. */
export type CostEntry = { line_item: string; quantity_unit: 'tokens'; units: number; amount_nano: number }

/** Tokens as the reply reports them: the cached ones are included in the input. */
export type Tokens = { inputTokens: number; cachedInputTokens: number; outputTokens: number }

/**
 * The most that a call can cost, in nano-dollars: what is reserved for it. Input counts at the dearer of its two prices, since
 * nobody knows before the call what is cached.
 * @param inputTokens an estimate
 * @param outputTokens the most that all answers can have together
 */
export function worstCost(price: Price, inputTokens: number, outputTokens: number): number {
  const input = Math.max(whole(price.input), whole(price.cachedInput))
  return charge(whole(inputTokens), input, 0, 0, whole(outputTokens), whole(price.output))
}

/** What a call did cost, in nano-dollars, rounded up once. A model without a price costs nothing. */
export function costOf({ price }: Pick<CatalogueModel, 'price'>, tokens: Tokens): number {
  if (price === null) return 0
  const { plain, cached, output } = parts(tokens)
  return charge(plain, whole(price.input), cached, whole(price.cachedInput), output, whole(price.output))
}

/**
 * The line items of what a call did cost, named as the newest documented example of the original is (`gpt-6-astra,
 * input_tokens`). They add up to `costOf` exactly: each is what the rounded total grows by with it. What was not used has no
 * item; what was used for nothing has one of amount 0.
 */
export function costEntries(model: Pick<CatalogueModel, 'id' | 'price'>, tokens: Tokens): CostEntry[] {
  const { price } = model
  if (price === null) return []
  const names = itemsOf(model)
  const { plain, cached, output } = parts(tokens)
  const [input, cachedInput] = [whole(price.input), whole(price.cachedInput)]
  const first = charge(plain, input, 0, 0, 0, 0)
  const second = charge(plain, input, cached, cachedInput, 0, 0)
  const total = charge(plain, input, cached, cachedInput, output, whole(price.output))
  const entries: CostEntry[] = []
  const add = (line_item: string, units: number, amount_nano: number) => {
    if (units > 0) entries.push({ line_item, quantity_unit: 'tokens', units, amount_nano })
  }
  add(names.input, plain, first)
  add(names.cached, cached, second - first)
  add(names.output, output, total - second)
  return entries
}

type Items = { input: string; cached: string; output: string }

/** The names of a model's line items, made once: a text that is put together for each call costs more to compare than all else of it. */
const known = new WeakMap<object, Items>()

function itemsOf(model: Pick<CatalogueModel, 'id'>): Items {
  let items = known.get(model)
  if (items === undefined) {
    const { id } = model
    items = { input: `${id}, input_tokens`, cached: `${id}, cached_input_tokens`, output: `${id}, output_tokens` }
    known.set(model, items)
  }
  return items
}

/** A model server that reports more cached tokens than there were has cached all. */
function parts({ inputTokens, cachedInputTokens, outputTokens }: Tokens) {
  const input = whole(inputTokens)
  const cached = Math.min(whole(cachedInputTokens), input)
  return { plain: input - cached, cached, output: whole(outputTokens) }
}

/** Counts come from a model server and prices from a file: nonsense is none, and too much the most there is. */
const whole = (count: number) => (count > 0 ? Math.min(Math.ceil(count), MOST) : 0)

/** Three quantities at their prices, rounded up to whole nano-dollars. All are whole, so the sum is exact in one number or another. */
function charge(a: number, priceA: number, b: number, priceB: number, c: number, priceC: number): number {
  const exact = a * priceA + b * priceB + c * priceC
  if (exact <= MOST) {
    // A quotient would be rounded; the remainder of whole numbers is not.
    const rest = exact % PER
    return (exact - rest) / PER + (rest > 0 ? 1 : 0)
  }
  const wide = BigInt(a) * BigInt(priceA) + BigInt(b) * BigInt(priceB) + BigInt(c) * BigInt(priceC)
  const cost = (wide + BigInt(PER - 1)) / BigInt(PER)
  return cost > BigInt(MOST) ? MOST : Number(cost)
}
