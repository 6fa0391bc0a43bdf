import { unavailable } from '../../../contract/error.ts'
import type { Month } from '../../../core/month.ts'
import { amountOf } from '../redis/amount.ts'
import type { Sum, Sums } from '../redis/sums.ts'
import { Arena } from './arena.ts'
import { type SharedMemory, SUM_WORDS } from './memory.ts'
import { NONE, Places } from './place.ts'
import { Table } from './table.ts'

/** In a slot: two words of whose it is, when its month begins, and nano-dollars. */
const FROM = 2
const NANO = 3
/** The sum of a month is told in it and in the next; a slot is another's long after that, whatever the clocks of threads say. */
const KEPT_MS = 100 * 86_400_000

/**
 * What all threads of a process have settled of each account, in memory that they share: so it is told to Redis as one sum, and a
 * thread that dies takes nothing of it along.
 */
export class SharedSums implements Sums {
  readonly #arena: Arena
  readonly #places: Places
  readonly #table: Table
  #oldest = 0

  /** @param index of the thread */
  constructor(memory: SharedMemory, index: number) {
    this.#arena = new Arena(memory, index)
    this.#places = new Places(memory.secret, (place) => place)
    const { ints, floats, layout } = this.#arena
    const idle = (word: number) => ((floats[word + FROM] ?? 0) < this.#oldest ? 1 : 0)
    this.#table = new Table(ints, layout.sums, memory.sums, SUM_WORDS, idle)
  }

  of(organizationId: string, projectId: string, month: Month): Sum {
    const place = this.#places.of(`${month.name} ${organizationId} ${projectId}`)
    const word = this.#arena.change(() => this.#open(place, month))
    if (word === NONE) {
      throw unavailable('The server counts the money of as many projects as it has room for. Please try again shortly.')
    }
    const { bigs } = this.#arena
    return {
      get spent() {
        return amountOf(Atomics.load(bigs, word + NANO))
      },
      add: (nano) => void Atomics.add(bigs, word + NANO, BigInt(nano)),
    }
  }

  #open(place: ReturnType<Places['of']>, month: Month): number {
    const found = this.#table.find(place)
    if (found !== NONE) return found
    this.#oldest = month.from - KEPT_MS
    const word = this.#table.room(place)
    if (word === NONE) return NONE
    const { undo, floats, bigs } = this.#arena
    undo.save(word, SUM_WORDS)
    this.#table.give(word, place)
    floats[word + FROM] = month.from
    bigs[word + NANO] = 0n
    return word
  }
}
