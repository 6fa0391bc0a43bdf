import type { CatalogueModel, Price } from '../../core/catalogue.ts'
import type { Asked } from '../call.ts'
import type { Worst } from '../use.ts'

/** Amounts of one line, or of several together; null where nobody has bounded it. */
export type LineAmounts = { inputTokens: number | null; outputTokens: number | null; images: number }

/**
 * What a batch was let in with, and what of it is used: what it is settled by, hours later and on another node perhaps, is what stood when it was
 * let in. A line's reply is bounded by what the largest of them may use, and all of them by what all may.
 */
export type Terms = {
  model: string
  /** Of the limits that its tokens count in. */
  keys: { project: string; organization: string }
  /** Null: the model has none, and it costs nothing. */
  price: Price | null
  lines: number
  /** Estimated input tokens of all lines. */
  inputTokens: number
  most: { line: LineAmounts; all: LineAmounts }
  used: { lines: number; inputTokens: number; outputTokens: number; images: number }
}

export const writeTerms = (terms: Terms): string => JSON.stringify(terms)
export const readTerms = (held: string): Terms => JSON.parse(held)

const pricedAs = new WeakMap<CatalogueModel, CatalogueModel>()

/** A model at the price of batches: the same object each time. */
export function inBatches(model: CatalogueModel): CatalogueModel {
  const known = pricedAs.get(model)
  if (known !== undefined) return known
  const priced = { ...model, price: model.batchPrice }
  pricedAs.set(model, priced)
  return priced
}

export const NO_AMOUNTS: LineAmounts = { inputTokens: 0, outputTokens: 0, images: 0 }

/** What one line can use. */
export const amountsOf = ({ caps, worst }: Pick<Asked, 'caps'> & { worst: Pick<Worst, 'images'> }): LineAmounts => ({
  inputTokens: caps.inputTokens,
  outputTokens: caps.outputTokens,
  images: worst.images,
})

export const largest = (one: LineAmounts, other: LineAmounts): LineAmounts => ({
  inputTokens: both(one.inputTokens, other.inputTokens, Math.max),
  outputTokens: both(one.outputTokens, other.outputTokens, Math.max),
  images: Math.max(one.images, other.images),
})

export const together = (one: LineAmounts, other: LineAmounts): LineAmounts => ({
  inputTokens: both(one.inputTokens, other.inputTokens, sum),
  outputTokens: both(one.outputTokens, other.outputTokens, sum),
  images: one.images + other.images,
})

const sum = (a: number, b: number) => Math.min(a + b, Number.MAX_SAFE_INTEGER)
const both = (a: number | null, b: number | null, of: (a: number, b: number) => number) =>
  a === null || b === null ? null : of(a, b)

/** What the next line may have used: no more than the largest line, nor than is left of all. */
export function leftOf({ most: { line, all }, used }: Terms): LineAmounts {
  const left = (whole: number | null, gone: number) => (whole === null ? null : Math.max(0, whole - gone))
  const least = (a: number | null, b: number | null) => (a === null ? b : Math.min(a, b ?? a))
  return {
    inputTokens: least(line.inputTokens, left(all.inputTokens, used.inputTokens)),
    outputTokens: least(line.outputTokens, left(all.outputTokens, used.outputTokens)),
    images: Math.min(line.images, Math.max(0, all.images - used.images)),
  }
}
