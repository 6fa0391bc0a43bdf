import { setImmediate as othersTurn } from 'node:timers/promises'
import { inBytes } from '../core/in-bytes.ts'
import type { Names, Weighed } from '../db/usage-summary.ts'

/** Names between two turns of the loop. */
const AT_ONCE = 5000
/** Of so many the middle is taken for that of all. */
const SAMPLE = 1000
const BILLION = 1_000_000_000

/** An amount of any size, exactly: whole billions, and what is beyond them. */
type Weight = Omit<Weighed, 'name'>

/** How many are looking for the most just now. */
let looking = 0

/**
 * The names that have the most, most first, of those that have as much the first. What each has comes in pieces, and must be
 * added up before anything is known; where there are more names than may be held, they are gone through in their order, so many
 * of them at a time, as often as it takes.
 * @param most how many names
 * @param held names that are held at once, about, by all that look for the most
 * @param pieces what there is of some names, from the beginning; which names it asks for before each piece
 */
export async function withMost(
  most: number,
  held: number,
  pieces: (names: () => Names) => AsyncIterable<readonly Weighed[]>,
): Promise<string[]> {
  looking++
  try {
    let best: [string, Weight][] = []
    for (let after: string | null = null; ; ) {
      const some = new Held(after)
      for await (const piece of pieces(() => some.names)) {
        for (const one of piece) some.add(one)
        if (some.size > held / looking) await some.keepHalf()
      }
      best = await some.best(most, best)
      if (some.names.through === null) return best.map(([name]) => name)
      after = some.names.through
    }
  } finally {
    looking--
  }
}

/** What is known of the names behind one, up to another one. */
class Held {
  readonly #weights = new Map<string, Weight>()
  readonly #after: string | null
  #through: string | null = null

  constructor(after: string | null) {
    this.#after = after
  }

  get size(): number {
    return this.#weights.size
  }

  get names(): Names {
    return { after: this.#after, through: this.#through }
  }

  add({ name, billions, beyond }: Weighed): void {
    if (this.#through !== null && inBytes(name, this.#through) > 0) return
    const known = this.#weights.get(name)
    if (known === undefined) return void this.#weights.set(name, { billions, beyond })
    const sum = known.beyond + beyond
    known.billions += billions + Math.floor(sum / BILLION)
    known.beyond = sum % BILLION
  }

  /** Forgets about half of them, those that come last: what comes of these is left for later. */
  async keepHalf(): Promise<void> {
    const step = Math.ceil(this.size / SAMPLE)
    const sample: string[] = []
    let i = 0
    for (const name of this.#weights.keys()) if (i++ % step === 0) sample.push(name)
    sample.sort(inBytes)
    const through = sample[(sample.length - 1) >> 1] ?? ''
    this.#through = through
    for await (const [name] of this.#inTurns()) if (inBytes(name, through) > 0) this.#weights.delete(name)
  }

  /** With others that were the best so far. */
  async best(most: number, others: readonly [string, Weight][]): Promise<[string, Weight][]> {
    const best = [...others]
    for await (const one of this.#inTurns()) {
      const last = best[most - 1]
      if (last !== undefined && before(last, one) < 0) continue
      best.splice(0, best.length, ...[...best, one].sort(before).slice(0, most))
    }
    return best
  }

  async *#inTurns(): AsyncGenerator<[string, Weight]> {
    let i = 0
    for (const one of this.#weights) {
      if (++i % AT_ONCE === 0) await othersTurn()
      yield one
    }
  }
}

function before([name, a]: [string, Weight], [other, b]: [string, Weight]): number {
  return b.billions - a.billions || b.beyond - a.beyond || inBytes(name, other)
}
