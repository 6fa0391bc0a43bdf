import { monthOf } from '../../../core/month.ts'
import type { UsageEntry } from '../../../core/usage-entry.ts'
import { type Spent, spendOf } from '../../../db/spend.ts'
import type { BatchName } from '../../../db/usage-batch.ts'
import type { UsageFollower } from '../../../ledger/usage.ts'
import type { AccountId } from './source.ts'

/** How long it is remembered which batch had what: longer than a Redis that lost everything is without a node that lives. */
const KEPT_MS = 600_000
/** How long a batch that is in the database is waited for until it is told here too. */
const WAIT_MS = 3000

type Name = Pick<BatchName, 'writer' | 'batch'>
type Batch = { name: Name; at: number; spent: readonly Spent[] }

/** What this process has written of spending, by account and batch: so that what the database has is not counted twice. */
export class WrittenSpend implements UsageFollower {
  /** Nano-dollars in all. */
  readonly #totals = new Map<string, bigint>()
  #batches: Batch[] = []
  /** The newest of which it is not remembered any more what it had. */
  #forgotten: Name | null = null
  /** Being written now: whether it is in the database is not known. */
  #writing: Name | null = null
  #month = ''
  readonly #waiting = new Set<() => void>()

  flushing(name: Name): void {
    this.#writing = name
  }

  flushed(entries: readonly UsageEntry[], name: Name): void {
    const spent = spendOf(entries)
    const now = performance.now()
    for (const one of spent) {
      this.#turnTo(one.month)
      const key = keyOf(one.organization_id, one.project_id, one.month)
      this.#totals.set(key, (this.#totals.get(key) ?? 0n) + one.amount_nano)
    }
    const isKept = ({ at }: Batch) => at > now - KEPT_MS
    this.#forgotten = this.#batches.findLast((batch) => !isKept(batch))?.name ?? this.#forgotten
    this.#batches = this.#batches.filter(isKept)
    if (spent.length > 0) this.#batches.push({ name, at: now, spent })
    this.#writing = null
    for (const heard of this.#waiting) heard()
  }

  /**
   * @param seen the last batch of each writer that the database had
   * @returns nano-dollars of an account in those of them that are this process's; none where the database was read so long ago that this is
   *   not known: what is counted twice then is refused too early, and what would be taken off wrongly is never paid
   * @throws Error where one of them is not told of in time
   */
  async within(
    { organizationId, projectId, month }: AccountId,
    seen: Readonly<Record<string, number>>,
  ): Promise<bigint> {
    const isSeen = ({ writer, batch }: Name) => (seen[writer] ?? 0) >= batch
    while (this.#writing !== null && isSeen(this.#writing)) await this.#change()
    if (this.#forgotten !== null && !isSeen(this.#forgotten)) return 0n
    let total = this.#totals.get(keyOf(organizationId, projectId, month)) ?? 0n
    for (const { name, spent } of this.#batches) {
      if (isSeen(name)) continue
      for (const one of spent) {
        const isIt = one.organization_id === organizationId && one.project_id === projectId && one.month === month
        if (isIt) total -= one.amount_nano
      }
    }
    return total
  }

  #change(): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (finish: () => void) => {
        clearTimeout(timer)
        this.#waiting.delete(heard)
        finish()
      }
      const heard = () => end(resolve)
      const late = new Error('what this process has written is not known')
      const timer = setTimeout(() => end(() => reject(late)), WAIT_MS)
      this.#waiting.add(heard)
    })
  }

  /** With a month that begins, those before the last are forgotten. */
  #turnTo(month: string): void {
    if (month <= this.#month) return
    this.#month = month
    const before = monthOf(Date.parse(`${month}-01T00:00:00Z`) - 1).name
    for (const key of this.#totals.keys()) if (key.slice(0, before.length) < before) this.#totals.delete(key)
  }
}

const keyOf = (organizationId: string, projectId: string, month: string) => `${month} ${organizationId} ${projectId}`
