import type { Decision } from '../counters.ts'
import type { RedisAccount } from './account.ts'
import type { Amount } from './amount.ts'
import type { RedisTaken } from './taken.ts'

/** A call that waits for its decision. @property until when it waits at most, in milliseconds of this process */
export type Waiting = {
  taken: RedisTaken
  until: number
  resolve: (decision: Decision) => void
  reject: (error: unknown) => void
}
/** What a call used of a window that Redis had forgotten it in. */
export type Late = [name: string, limit: number, periodMs: number, amount: number]

export type Batch = {
  takes: Waiting[]
  settles: RedisTaken[]
  late: Late[]
  /** What the accounts of all these have spent, where Redis may not know. */
  spent: ReadonlyMap<RedisAccount, Amount>
  renewMs: number | false
}

/** Those that have to be in Redis before a call is taken or settled. */
export const accountsOf = ({ held }: RedisTaken): RedisAccount[] => (held ? [held.project, held.organization] : [])

/** What Redis is to be told of a call that it knows nothing of any more. */
export function lateOf({ windows, names, costs, settled }: RedisTaken): Late[] {
  return windows.flatMap(({ limit, periodMs }, i): Late[] => {
    const told = settled?.[i] ?? Number.NaN
    const amount = told >= 0 && told <= 1e15 ? told : (costs[i] ?? 0)
    return amount === 0 ? [] : [[names[i] ?? '', limit, periodMs, amount]]
  })
}

/**
 * What Redis is to hear of before it decides about calls, and with what was settled. Another thread of this process may have settled
 * something and ended before it told.
 */
export function untoldOf(takes: readonly Waiting[], settles: readonly RedisTaken[]): Map<RedisAccount, Amount> {
  const untold = new Map<RedisAccount, Amount>()
  const see = (taken: RedisTaken) => {
    for (const account of accountsOf(taken)) if (account.isUntold) untold.set(account, account.spent)
  }
  for (const { taken } of takes) see(taken)
  for (const taken of settles) see(taken)
  return untold
}
