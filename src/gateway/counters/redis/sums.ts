import type { Month } from '../../../core/month.ts'
import { type Amount, amountOf, plus } from './amount.ts'

/** All that was settled of one account since the process began. */
export interface Sum {
  readonly spent: Amount
  /** @param nano nano-dollars, a whole number, at least 0 */
  add: (nano: number) => void
}

/** Where sums are kept: told to Redis in all, again and again under the process's name, they count once. */
export interface Sums {
  /**
   * @param projectId empty: the organization's
   * @throws ApiError 503 where there is no room for another
   */
  of: (organizationId: string, projectId: string, month: Month) => Sum
}

/** Those of a process whose only thread this is; each lives as long as the account that it is of. */
export class OwnSums implements Sums {
  of(): Sum {
    let spent: Amount = [0, 0]
    return {
      get spent() {
        return spent
      },
      add(nano) {
        spent = plus(spent, amountOf(nano))
      },
    }
  }
}
