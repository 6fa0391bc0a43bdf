import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { isCallUnderWay } from './turn.ts'

/** Milliseconds of work after which others have their turn: a call has some five before it is answered. */
const TURN_MS = 1
/**
 * Milliseconds that it rests behind each turn as long as calls are under way. What they would wait for longest is that V8 collects what such work has left: of
 * as many pauses fewer meet a call when they are further apart.
 */
const REST_MS = 4
/** Milliseconds that it rests in all: it comes to its end also where there are always calls. */
const MOST_REST_MS = 8000

/** Long work in a thread that answers calls: whoever does it asks again and again whether it is others' turn. */
export class Stint {
  #since = performance.now()
  #restLeft = MOST_REST_MS

  /** Whether others are to have their turn. */
  get isOver(): boolean {
    return performance.now() - this.#since >= TURN_MS
  }

  /** Lets others have their turn, and begins with the next. */
  async giveWay(): Promise<void> {
    const begun = performance.now()
    await nextTurn()
    if (this.#restLeft > 0 && isCallUnderWay()) {
      await sleep(REST_MS)
      this.#restLeft -= performance.now() - begun
    }
    this.#since = performance.now()
  }
}
