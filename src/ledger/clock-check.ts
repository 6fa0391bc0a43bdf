const DAY_MS = 86_400_000

export type Clocks = {
  /** Milliseconds since the epoch, as the machine has them: it may be set. */
  now: () => number
  /** Milliseconds since whenever, which nobody sets. */
  elapsed: () => number
}

/** A moment by both clocks, and what stood recorded then, in milliseconds since the epoch; null: nothing. */
type Moment = { now: number; elapsed: number; recorded: number | null }

/**
 * Tells a clock that was set from time that passed, for work that cannot be undone. Within a process the clock that nobody sets
 * says how much passed. Before it nobody knows: a server that was off for a week looks like one whose clock was set by a week,
 * so that is doubted too. Who doubts waits, and asks again; what was doubted once, and has gone on since as clocks do, is
 * believed.
 */
export class ClockCheck {
  readonly #clocks: Clocks
  /** The last moment that was believed or doubted; at first the start, with nothing recorded. */
  #last: Moment

  constructor(clocks: Clocks) {
    this.#clocks = clocks
    this.#last = this.#moment(null)
  }

  /**
   * By how much the clock may have been set, in milliseconds, forward or back; 0: it is believed. Not more than a day is no reason
   * to doubt it.
   * @param recorded when a process last believed its clock, in milliseconds since the epoch: another one's record since counts anew
   */
  doubt(recorded: number | null): number {
    const moment = this.#moment(recorded)
    const passed = moment.elapsed - this.#last.elapsed
    const set = beyondADay(moment.now - (this.#last.now + passed))
    const unknown = recorded === null || recorded === this.#last.recorded ? 0 : beyondADay(moment.now - recorded)
    this.#last = moment
    return set || unknown
  }

  /** Says what was recorded after the clock was believed: this process itself is the witness of the time since. */
  recorded(at: number): void {
    this.#last = { ...this.#last, recorded: at }
  }

  #moment(recorded: number | null): Moment {
    return { now: this.#clocks.now(), elapsed: this.#clocks.elapsed(), recorded }
  }
}

const beyondADay = (ms: number) => (Math.abs(ms) > DAY_MS ? ms : 0)
