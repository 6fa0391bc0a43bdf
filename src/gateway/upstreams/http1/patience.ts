/** Milliseconds for which an idle connection is kept where its server does not say, and at most. */
const IDLE_MS = 4000
const MOST_IDLE_MS = 600_000
/** How often all connections are looked at, in milliseconds, where no time that they have is so short that it must be sooner. */
const EVERY_MS = 500
const SHORTEST_EVERY_MS = 10

/** How long each thing may take, in milliseconds. */
export class Patience {
  /** Until there is a connection, until the reply begins, and between two pieces of it. */
  readonly connectMs: number
  readonly headMs: number
  readonly silenceMs: number
  readonly idleMs = IDLE_MS
  /** How often it is looked: one timer for all costs a call nothing. What has its time is given up so much later at most, twice. */
  readonly everyMs: number

  constructor({ connectMs, headMs, silenceMs }: Pick<Patience, 'connectMs' | 'headMs' | 'silenceMs'>) {
    this.connectMs = connectMs
    this.headMs = headMs
    this.silenceMs = silenceMs
    const least = Math.min(connectMs, headMs, silenceMs)
    this.everyMs = Math.max(SHORTEST_EVERY_MS, Math.min(EVERY_MS, least / 4))
  }

  /** @param saidMs as its server says it */
  idleMsOf(saidMs: number): number {
    return Math.max(0, Math.min(saidMs, MOST_IDLE_MS))
  }
}
