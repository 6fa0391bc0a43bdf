import { monthOf } from '../../../core/month.ts'
import type { UsageEntry } from '../../../core/usage-entry.ts'
import { WHOLE_ORGANIZATION } from '../../../db/spend.ts'
import type { SavedLevel } from '../../limits/memory.ts'
import { idOf } from '../../spend/accounts.ts'
import type { CountersKeeper } from '../make.ts'
import { SharedAccounts } from './accounts.ts'
import { Arena } from './arena.ts'
import { clockOf } from './clock.ts'
import { SharedDays } from './days.ts'
import { BEAT, WRITING } from './header.ts'
import type { SharedMemory } from './memory.ts'
import { NONE, Places } from './place.ts'
import { Turns } from './turns.ts'
import { SharedWindows } from './windows.ts'

/** Slots that are looked at in one turn under the lock: some ten microseconds. */
const AT_ONCE = 50
/** How often the machine looks whether a level of a day has changed. */
const LOOK_MS = 250

export type SharedKeeperParts = {
  /** Told when a window of a day has changed: soon after, and again until it was asked for. */
  dayChanged: () => void
  /** For tests. */
  clock?: () => number
}

/**
 * The machine's side of the shared counters, in a thread that takes nothing itself: what is written to the database is counted
 * as written, the levels of days are saved and taken up, and what a thread had open when it died comes back.
 */
export class SharedKeeper implements CountersKeeper, Disposable {
  readonly #arena: Arena
  readonly #turns: Turns
  readonly #windows: SharedWindows
  readonly #accounts: SharedAccounts
  readonly #days: SharedDays
  readonly #places: Places
  readonly #timer: NodeJS.Timeout
  #isWriting = false
  /** Batches that are written and not yet counted as that. */
  #uncounted = 0

  constructor(memory: SharedMemory, { dayChanged, clock = clockOf(memory) }: SharedKeeperParts) {
    this.#arena = new Arena(memory, memory.threads)
    this.#turns = new Turns(this.#arena)
    this.#windows = new SharedWindows(this.#arena, clock)
    this.#accounts = new SharedAccounts(this.#arena, clock)
    this.#places = new Places(memory.secret, (place) => place)
    this.#days = new SharedDays(this.#arena, this.#windows, this.#places, clock)
    this.#timer = setInterval(() => {
      if (this.daysChanged) dayChanged()
    }, LOOK_MS).unref()
  }

  /**
   * To be called when a thread has ended, however it did, and before another gets its index. What it was changing is undone and
   * others go on at once; then what it held of money is given back. What its calls took of limits stays as if each had used just
   * that, and drains.
   */
  async threadEnded(index: number): Promise<void> {
    this.#arena.bury(index)
    const accounts = [...this.#accounts.table.words()].filter((word) => this.#accounts.isHeld(word, index))
    await this.#inParts(accounts, (word) => this.#accounts.release(word, index))
    const windows = [...this.#windows.table.words()].filter((word) => this.#windows.isOpen(word, index))
    await this.#inParts(windows, (word) => this.#windows.close(word, index))
  }

  flushing(): void {
    this.#isWriting = true
    this.#tellWriting()
  }

  flushed(entries: readonly UsageEntry[]): void {
    this.#isWriting = false
    this.#uncounted++
    const costs = entries.filter(({ kind, amount_nano = 0 }) => kind === 'costs' && amount_nano !== 0)
    void this.#inParts(costs, (entry) => this.#wrote(entry)).then(() => {
      this.#uncounted--
      this.#tellWriting()
    })
  }

  get daysChanged(): boolean {
    return this.#days.changed
  }

  async changedDays(): Promise<SavedLevel[]> {
    const levels: SavedLevel[] = []
    const changed = this.#days.take()
    for (let i = 0; i < changed.length; i += AT_ONCE) {
      levels.push(...(await this.#turns.do(() => this.#days.levels(changed.slice(i, i + AT_ONCE)))))
    }
    return levels
  }

  restoreDays(saved: readonly SavedLevel[]): Promise<void> {
    return this.#inParts(saved, (one) => this.#days.restore(one))
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }

  /** Whoever reads a total meanwhile cannot know whether it has what is being written. */
  #tellWriting(): void {
    Atomics.store(this.#arena.ints, WRITING, this.#isWriting || this.#uncounted > 0 ? 1 : 0)
    Atomics.add(this.#arena.ints, BEAT, 1)
  }

  #wrote({ organization_id, project_id, at, amount_nano = 0 }: UsageEntry): void {
    for (const projectId of project_id ? [WHOLE_ORGANIZATION, project_id] : [WHOLE_ORGANIZATION]) {
      const word = this.#accounts.table.find(this.#places.of(idOf(organization_id, projectId)))
      if (word !== NONE) this.#accounts.wrote(word, monthOf(at * 1000), BigInt(amount_nano))
    }
  }

  async #inParts<T>(all: readonly T[], each: (one: T) => void): Promise<void> {
    for (let i = 0; i < all.length; i += AT_ONCE) {
      await this.#turns.do(() => {
        for (const one of all.slice(i, i + AT_ONCE)) each(one)
      })
    }
  }
}
