import { LONGEST_NAME } from '../core/model-name.ts'
import { measures, type UsageEntry } from '../core/usage-entry.ts'

const MINUTE = 60
/**
 * Longer names are cut off: an index of the database has to hold a row's whole key. A line item is a model's name and what of
 * it was paid for.
 */
const NAME_LENGTH = LONGEST_NAME + 40

/** A row that is being summed up, and how many entries it is made of. */
export type BufferedUsage = { entry: UsageEntry; count: number }

export const entriesIn = (rows: readonly BufferedUsage[]) => rows.reduce((sum, { count }) => sum + count, 0)

/** Sums of what was used in each minute, in the order in which their first entries came. */
export class UsageBuffer {
  readonly #rows = new Map<string, BufferedUsage>()

  get size(): number {
    return this.#rows.size
  }

  /**
   * @param room how many rows there may be
   * @param count how many entries it is the sum of
   * @returns `full` where one more would be too many, `wrong` for amounts that are no whole numbers from 0 to 2^53
   */
  add(entry: UsageEntry, room: number, count = 1): 'added' | 'full' | 'wrong' {
    const key = keyOf(entry)
    const known = this.#rows.get(key)
    if (!isWhole(entry, known?.entry)) return 'wrong'
    if (known) {
      addTo(known.entry, entry)
      known.count += count
      return 'added'
    }
    if (this.#rows.size >= room) return 'full'
    this.#rows.set(key, { entry: copyOf(entry), count })
    return 'added'
  }

  /** Takes the oldest rows out. */
  take(most: number): BufferedUsage[] {
    const taken: BufferedUsage[] = []
    for (const [key, held] of this.#rows) {
      if (taken.length >= most) break
      taken.push(held)
      this.#rows.delete(key)
    }
    return taken
  }
}

const minuteOf = (at: number) => Math.floor(at / MINUTE)

/** All that tells one row from another; written out, because it is made for every call. */
function keyOf(e: UsageEntry): string {
  return `${minuteOf(e.at)}\n${e.kind}\n${e.api_key_id ?? ''}\n${e.model ?? ''}\n${e.line_item ?? ''}\n${e.service_tier ?? ''}\n${e.organization_id}\n${e.project_id ?? ''}\n${e.user_id ?? ''}\n${e.quantity_unit ?? ''}\n${e.api_source ?? ''}\n${e.size ?? ''}\n${e.source ?? ''}\n${e.context_level ?? ''}\n${e.vector_store_id ?? ''}\n${e.batch ?? 0}`
}

/** Whether all amounts are whole numbers, and stay it when they are added. */
function isWhole(entry: UsageEntry, to: UsageEntry | undefined): boolean {
  for (const name of measures) {
    const amount = entry[name]
    if (amount === undefined) continue
    if (!(amount >= 0 && Number.isSafeInteger(amount + (to?.[name] ?? 0)))) return false
  }
  return Number.isSafeInteger(minuteOf(entry.at))
}

function addTo(sum: UsageEntry, entry: UsageEntry) {
  for (const name of measures) {
    const amount = entry[name]
    if (amount !== undefined) sum[name] = (sum[name] ?? 0) + amount
  }
}

/**
 * An entry of a row's own, at the beginning of its minute. Some of its texts are a client's: what PostgreSQL would not take
 * (NUL, half a character, more than an index holds) must not get into a batch.
 */
function copyOf(entry: UsageEntry): UsageEntry {
  const copy: Record<string, unknown> = { ...entry, at: minuteOf(entry.at) * MINUTE }
  for (const [name, value] of Object.entries(copy)) {
    if (typeof value === 'string') copy[name] = cleaned(value)
    else if (value === undefined) delete copy[name]
  }
  // The same names, and values of the same types.
  return copy as UsageEntry
}

const cleaned = (text: string) => text.slice(0, NAME_LENGTH).replaceAll('\0', '').toWellFormed()
