import { CountedRefusals, type LimitRefusal } from '../../core/limit-refusal.ts'
import type { Log } from '../../core/log.ts'
import type { UsageEntry } from '../../core/usage-entry.ts'
import type { Use, UsedKey } from '../last-used.ts'
import type { UsageSource } from '../usage.ts'
import { UsageBuffer } from '../usage-buffer.ts'
import type { Collecting } from './line.ts'
import type { Told } from './messages.ts'

/** Rows of usage, and uses of keys, in one piece, at most: to put it together must not hold up the calls. */
const PIECE = 500
/** Most rows here: beyond, what cannot be handed over is lost, and counted. The same as the ledger has itself. */
const MOST_ROWS = 50_000

export type CollectedParts = {
  /** Says that there is something to hand over. */
  wake: () => void
  /** Told of entries that are lost. */
  dropped: (entries: number) => void
  log: Pick<Log, 'error'>
}

/**
 * What a thread's calls have used, of which keys, and for which limits they were refused, until the ledger takes it. What is alike is added up here already. A thread that
 * dies takes with it what it has not handed over: a tenth of a second of it, while the ledger is well.
 */
export class Collected implements Collecting {
  readonly #parts: CollectedParts
  readonly #rows = new UsageBuffer()
  readonly #sources: UsageSource[] = []
  /** By the keys' ids: no more than there are keys. */
  readonly #uses = new Map<string, Use>()
  readonly #limited = new CountedRefusals()
  #told = false
  #closed = false

  constructor(parts: CollectedParts) {
    this.#parts = parts
  }

  /** Distinct rows that are here. */
  get rows(): number {
    return this.#rows.size
  }

  get waiting(): boolean {
    const { size } = this.#limited
    return size > 0 || this.#rows.size > 0 || this.#uses.size > 0 || this.#sources.some(({ waiting }) => waiting)
  }

  get isMuch(): boolean {
    return this.#rows.size >= PIECE || this.#uses.size >= PIECE
  }

  /** As `Usage` does. */
  record(entries: readonly UsageEntry[]): void {
    for (const entry of entries) {
      const what = this.#rows.add(entry, this.#closed ? 0 : MOST_ROWS)
      if (what === 'full')
        this.#lose(this.#closed ? 'the thread ends' : 'there is no room until the ledger takes what waits')
      else if (what === 'wrong') this.#lose('it is no whole amount')
    }
    this.wake()
  }

  takeFrom(source: UsageSource): void {
    this.#sources.push(source)
  }

  wake(): void {
    this.#parts.wake()
  }

  /** As `LastUsed` does. */
  touch(table: Use['table'], { organizationId, keyId, userId }: UsedKey, at: number): void {
    const known = this.#uses.get(keyId)
    if (known !== undefined) {
      known.at = at
      return
    }
    this.#uses.set(keyId, { table, organizationId, userId, at })
    this.wake()
  }

  /** As `RefusedByLimits` does. */
  count(key: string, refusal: LimitRefusal, at: number): void {
    this.#limited.count(key, refusal, at)
    this.wake()
  }

  /** Takes out what has waited longest. */
  piece(): Told {
    for (const source of this.#sources) source.handOver()
    this.#told = false
    return {
      say: 'handed over',
      rows: this.#rows.take(PIECE),
      uses: this.#takeUses(),
      limited: this.#limited.take(PIECE),
    }
  }

  /** Nothing is handed over any more: what is recorded from now on is lost, and counted. */
  close(): void {
    this.#closed = true
  }

  #takeUses(): [string, Use][] {
    const taken: [string, Use][] = []
    for (const use of this.#uses) {
      if (taken.length >= PIECE) break
      taken.push(use)
      this.#uses.delete(use[0])
    }
    return taken
  }

  #lose(why: string) {
    this.#parts.dropped(1)
    if (this.#told) return
    this.#told = true
    this.#parts.log.error(
      { rows: this.#rows.size },
      `usage is lost: ${why}. gatehouse_usage_entries_dropped_total counts what follows`,
    )
  }
}
