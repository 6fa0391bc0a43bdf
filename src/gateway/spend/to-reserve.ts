import type { CatalogueModel } from '../../core/catalogue.ts'
import type { Log } from '../../core/log.ts'
import { worstCost } from '../../core/price.ts'
import type { Caps } from '../caps.ts'
import type { Worst } from '../use.ts'
import { FREE, type Holder, type Money, type Spender, type SpendLimits } from './money.ts'
import { contextUnknown, maximumUnknown, priceUnknown } from './over-limit.ts'

/** Models without a price that are named in the log, at most. */
const NAMED = 10_000

/** Works out what is to be set aside for calls; it knows nothing of what was spent. */
export class Reserving {
  readonly #log: Pick<Log, 'warn'>
  readonly #unpriced = new Set<string>()

  /** @param log told once of each model that has no price */
  constructor(log: Pick<Log, 'warn'>) {
    this.#log = log
  }

  /**
   * What is to be set aside for a call: the most that it can cost. Needs no I/O.
   * @param at epoch milliseconds when the call was let in; what it costs is to be metered with the same time
   * @throws ApiError 400 where a limit holds and the model has no price, or nobody knows how much it can read or say
   */
  toReserve(
    { organizationId, projectId, spendLimits }: Spender & { spendLimits: SpendLimits },
    { model, worst, caps }: { model: CatalogueModel | null; worst: Worst; caps: Caps },
    at: number,
  ): Money | typeof FREE {
    if (model === null) return FREE
    const ids = { organizationId, projectId }
    const holder = limited(spendLimits)
    if (model.price === null) {
      if (holder !== null) throw priceUnknown(ids, holder, model.id)
      this.#nameUnpriced(model.id)
      return FREE
    }
    const { input, cachedInput, output } = model.price
    if (holder !== null && caps.outputTokens === null && output > 0) throw maximumUnknown(ids, holder, model.id, caps)
    if (holder !== null && caps.inputTokens === null && input + cachedInput > 0)
      throw contextUnknown(ids, holder, model.id, caps)
    const nano = worstCost(model.price, worst.boundTokens, caps.outputTokens ?? worst.outputTokens)
    return { organizationId, projectId, at, nano, limits: spendLimits }
  }

  #nameUnpriced(model: string): void {
    if (this.#unpriced.has(model) || this.#unpriced.size >= NAMED) return
    this.#unpriced.add(model)
    this.#log.warn({ model }, 'a model without a configured price is used: it costs nothing')
  }
}

/** Whose limit holds; null where nobody has one. */
function limited({ project, organization }: SpendLimits): Holder | null {
  if (project !== null) return 'project'
  return organization === null ? null : 'organization'
}
