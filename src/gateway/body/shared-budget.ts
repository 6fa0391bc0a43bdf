import { randomBytes } from 'node:crypto'
import { LOCK } from '../counters/shared/header.ts'
import { Lock } from '../counters/shared/lock.ts'
import { NONE, type Place, Places } from '../counters/shared/place.ts'
import { Table } from '../counters/shared/table.ts'
import { type Bodies, type BodyLimits, type Budget, full, mostFor } from './budget.ts'

/** Projects that can hold something at once: a power of two. The body of one more is refused like one for which there is no room. */
const PROJECTS = 8192
/** 8-byte words of the memory's head, in which the lock is, and of whose a slot is. */
const HEAD = 8
const WHOSE = 2

/** Memory in which all threads of a machine count what their bodies hold. It can be sent to a thread as part of its `workerData`. */
export type BodyMemory = BodyLimits & {
  bytes: SharedArrayBuffer
  /** Threads that can hold something: their indices are 0 to this, less one. */
  threads: number
  /** Keeps those who choose names from choosing what lies where. */
  secret: string
}

/** Makes it, once on a machine. */
export function createBodyMemory(limits: BodyLimits, threads: number): BodyMemory {
  const words = HEAD + threads + PROJECTS * (WHOSE + threads)
  return { ...limits, threads, bytes: new SharedArrayBuffer(words * 8), secret: randomBytes(16).toString('hex') }
}

/**
 * The budget of bodies that several threads read, exact under one short lock. Nothing is kept but what each thread holds, altogether
 * and of each project; what all hold is added up from that. So there is nothing that a thread could leave half done: of one that has
 * died all numbers are set to 0, whatever it was doing, and a slot in which all are 0 is free.
 */
export class SharedBodyBudget implements Bodies {
  readonly #memory: BodyMemory
  readonly #index: number
  readonly #ints: Int32Array
  readonly #floats: Float64Array
  readonly #lock: Lock
  readonly #table: Table
  readonly #places: Places

  /** @param index of the thread; that of the machine, which holds nothing, is `threads` */
  constructor(memory: BodyMemory, index: number) {
    const ints = new Int32Array(memory.bytes)
    this.#memory = memory
    this.#ints = ints
    this.#index = index
    this.#floats = new Float64Array(memory.bytes)
    this.#lock = new Lock(ints, index)
    const isFree = (word: number) => (this.#sum(word + WHOSE) === 0 ? 1 : 0)
    this.#table = new Table(ints, HEAD + memory.threads, PROJECTS, WHOSE + memory.threads, isFree)
    this.#places = new Places(memory.secret, (place) => place)
  }

  get used(): number {
    return this.#floats[HEAD + this.#index] ?? 0
  }

  share(projectId: string): Budget {
    return new SharedShare(this, this.#places.of(projectId))
  }

  /** As `Budget.take`, of a project's share. */
  take(place: Place, bytes: number, whole: number): void {
    this.#lock.take()
    try {
      const word = this.#fit(place, bytes, whole)
      if (bytes === 0) return
      this.#add(word === NONE ? this.#room(place) : word, bytes)
    } finally {
      this.#lock.free()
    }
  }

  /** As `Budget.check`. */
  check(place: Place, bytes: number, whole: number): void {
    this.#lock.take()
    try {
      this.#fit(place, bytes, whole)
    } finally {
      this.#lock.free()
    }
  }

  /** As `Budget.give`. */
  give(place: Place, bytes: number): void {
    if (bytes === 0) return
    this.#lock.take()
    this.#add(this.#table.find(place), -bytes)
    this.#lock.free()
  }

  /**
   * Gives back what a thread held that is no more, and frees the lock where it died with it: only of one that has ended for certain.
   * It waits for nobody: who looks meanwhile sees at worst what was so before.
   */
  bury(index: number): void {
    this.#floats[HEAD + index] = 0
    for (const word of this.#table.words()) this.#floats[word + WHOSE + index] = 0
    Atomics.compareExchange(this.#ints, LOCK, index + 1, 0)
  }

  /** @returns the project's slot, or `NONE`. @throws ApiError 503 */
  #fit(place: Place, bytes: number, whole: number): number {
    const word = this.#table.find(place)
    const ofProject = word === NONE ? 0 : this.#sum(word + WHOSE)
    if (ofProject + bytes > this.#memory.limitBytes / 2) throw full()
    if (this.#sum(HEAD) + bytes > mostFor(this.#memory, whole)) throw full()
    return word
  }

  #room(place: Place): number {
    const word = this.#table.room(place)
    if (word === NONE) throw full()
    this.#table.give(word, place)
    return word
  }

  /** What all threads hold. @param first of their words */
  #sum(first: number): number {
    let sum = 0
    for (let i = 0; i < this.#memory.threads; i++) sum += this.#floats[first + i] ?? 0
    return sum
  }

  #add(word: number, bytes: number): void {
    this.#addTo(HEAD, bytes)
    this.#addTo(word + WHOSE, bytes)
  }

  #addTo(first: number, bytes: number): void {
    const at = first + this.#index
    this.#floats[at] = (this.#floats[at] ?? 0) + bytes
  }
}

/** Keeps no count of its own: as many shares of one project as there are add up. */
class SharedShare implements Budget {
  readonly #all: SharedBodyBudget
  readonly #place: Place

  constructor(all: SharedBodyBudget, place: Place) {
    this.#all = all
    this.#place = place
  }

  take(bytes: number, whole: number): void {
    this.#all.take(this.#place, bytes, whole)
  }

  check(bytes: number, whole: number): void {
    this.#all.check(this.#place, bytes, whole)
  }

  give(bytes: number): void {
    this.#all.give(this.#place, bytes)
  }
}
