import type { CatalogueModel } from '../../core/catalogue.ts'
import type { Asked } from '../call.ts'
import { chargeOf } from '../rules/apply.ts'
import type { ProjectRules } from '../rules/index.ts'
import type { Means } from '../rules/rule.ts'
import type { Money } from '../spend/money.ts'
import { amountsOf, inBatches, type LineAmounts, largest, NO_AMOUNTS, together } from './terms.ts'

/** What all lines of a batch need together. */
export type Needed = {
  model: CatalogueModel
  lines: number
  /** Estimated input tokens: a token for each four characters begun, as the limits of live calls are charged. */
  inputTokens: number
  /** Nano-dollars: the most that all of them can cost, at the price of batches. */
  nano: number
  /** Whose money that is, and within which limits; null: nobody can be charged. */
  money: Omit<Money, 'nano'> | null
  most: { line: LineAmounts; all: LineAmounts }
}

/** Sums up what the lines of a batch need, one after the other: what it remembers does not grow with them. */
export class BatchCharge {
  readonly #rules: ProjectRules
  readonly #means: Means
  readonly #at: number
  #model: CatalogueModel | null = null
  #lines = 0
  #inputTokens = 0
  #nano = 0n
  #money: Money | null = null
  #line = NO_AMOUNTS
  #all = NO_AMOUNTS

  /** @param at epoch milliseconds */
  constructor(rules: ProjectRules, means: Means, at: number) {
    this.#rules = rules
    this.#means = means
    this.#at = at
  }

  /**
   * Adds what a line can use at most, as it would be set aside for it alone; what it counts in the limits of a minute is left out: an upstream's
   * batches have a pool of their own.
   * @throws ApiError 400 where a spend limit holds for what has no price or no bound, as it would a live call
   */
  add({ model, within, worst, caps }: Pick<Asked, 'model' | 'within' | 'worst' | 'caps'>): void {
    if (model === null) return
    const priced = inBatches(model)
    const { money } = chargeOf(this.#rules, this.#means, {
      ...{ limitedAs: model, within, paidAs: priced, worst, caps, at: this.#at },
    })
    const amounts = amountsOf({ caps, worst })
    this.#model ??= model
    this.#lines++
    this.#inputTokens += worst.inputTokens
    this.#money ??= money
    this.#nano += BigInt(money?.nano ?? 0)
    this.#line = largest(this.#line, amounts)
    this.#all = together(this.#all, amounts)
  }

  /** What the lines so far need; null: there were none. */
  get needed(): Needed | null {
    if (this.#model === null) return null
    const most = BigInt(Number.MAX_SAFE_INTEGER)
    return {
      model: this.#model,
      lines: this.#lines,
      inputTokens: Math.min(this.#inputTokens, Number.MAX_SAFE_INTEGER),
      nano: Number(this.#nano < most ? this.#nano : most),
      money: this.#money,
      most: { line: this.#line, all: this.#all },
    }
  }
}
