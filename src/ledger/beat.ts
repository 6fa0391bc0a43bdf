import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../core/log.ts'
import { Attempts } from './attempts.ts'
import { within } from './within.ts'

/** What is collected reaches the database within this and the time of writing it. */
const EVERY_MS = 500
/** How long a shutdown tries to write what is to be kept, and the pause between attempts then. */
const DRAIN_MS = 5000
const DRAIN_PAUSE_MS = 100
/** How long it waits for what is worth one attempt. */
const CLOSING_MS = 2000

/** What is collected in memory and written with the beat. */
export interface Writer {
  /** Begins the log's sentences about it: `usage`. */
  readonly what: string
  /** Milliseconds between two writes, where not every beat is to be one: a multiple of half a second. */
  readonly everyMs?: number
  /** Whether it must not be lost: a shutdown then tries for seconds to write it, over failures; else it makes one attempt. */
  readonly kept: boolean
  /** Whether something is there to be written: beats go on as long as that is true of anybody. */
  readonly waiting: boolean
  /**
   * Writes what there is when it begins; returns at once where there is nothing. It is asked once at a time.
   * @throws what the database does: it has kept what was not written, and is asked again
   */
  write: () => Promise<void>
}

type Line = {
  writer: Writer
  attempts: Attempts
  /** Beats since it was last asked. */
  beats: number
  writing: Promise<boolean> | null
  urged: boolean
}

/**
 * The one heartbeat of all that is written in batches. Twice a second those whose word is kept are asked in turn to write what
 * they have, and then the others, for whom nobody waits. It has the only timer, which runs only while there is something to
 * write. A failure is logged when it begins and when it is over, and tried again after a pause.
 */
export class Beat {
  readonly #log: Pick<Log, 'info' | 'warn'>
  readonly #kept: Line[] = []
  readonly #rest: Line[] = []
  #timer: NodeJS.Timeout | undefined
  #beating: Promise<void> | undefined
  #drained: Promise<void> | undefined

  constructor(log: Pick<Log, 'info' | 'warn'>) {
    this.#log = log
  }

  /** Has somebody asked in every beat, after those before; they call `wake` when they have something. */
  add(writer: Writer): void {
    const lines = writer.kept ? this.#kept : this.#rest
    lines.push({ writer, attempts: new Attempts(this.#log, writer.what), beats: 0, writing: null, urged: false })
  }

  /** To be called when there is something to write: a beat comes within half a second. It keeps no process alive. */
  wake(): void {
    if (this.#timer !== undefined || this.#drained) return
    this.#timer = setInterval(() => {
      for (const line of this.#lines()) line.beats++
      if (this.#beating || this.#lines().some(({ writer }) => writer.waiting)) return void this.#beat()
      clearInterval(this.#timer)
      this.#timer = undefined
    }, EVERY_MS)
    this.#timer.unref()
  }

  /** Has somebody asked at once, out of turn: as soon as the step is over in which this is called. */
  urge(writer: Writer): void {
    const line = this.#lines().find((each) => each.writer === writer)
    if (!line || line.urged || line.attempts.pausing) return
    line.urged = true
    setImmediate(() => {
      line.urged = false
      void this.#write(line)
    })
  }

  /** Makes an attempt at writing all that there is now and is kept; it does not fail when the attempt does. */
  async flush(): Promise<void> {
    await this.#beating
    await this.#beat()
  }

  /** Ends the beats, and writes what is kept, for at most five seconds. Nobody waits for the end of a pause any more. */
  drain(): Promise<void> {
    this.#drained ??= this.#drain()
    return this.#drained
  }

  /** The end: drains, and makes one attempt at writing the rest, for two seconds at most. */
  async close(): Promise<void> {
    await this.drain()
    const last = async (line: Line) => {
      // What is being written now may have begun before the last of it came.
      await line.writing
      await this.#write(line)
    }
    await within(CLOSING_MS, Promise.all(this.#rest.map(last)))
  }

  #lines(): Line[] {
    return [...this.#kept, ...this.#rest]
  }

  async #drain(): Promise<void> {
    clearInterval(this.#timer)
    const over = new AbortController()
    await within(DRAIN_MS, this.#drainUntil(over.signal), over)
  }

  async #drainUntil(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#inOrder((line) => this.#write(line))
      if (!this.#kept.some(({ writer }) => writer.waiting)) return
      await sleep(DRAIN_PAUSE_MS)
      if (signal.aborted) return
    }
  }

  /** One at a time. */
  #beat(): Promise<void> {
    this.#beating ??= this.#askAll().finally(() => {
      this.#beating = undefined
    })
    return this.#beating
  }

  async #askAll(): Promise<void> {
    await this.#inOrder((line) => this.#turn(line))
    // They have attempts of their own: what keeps the usage from being written need not keep them.
    for (const line of this.#rest) void this.#turn(line)
  }

  /**
   * Where the first, which is the usage, cannot be written, the others cannot either: they are not asked to find that out by
   * waiting.
   */
  async #inOrder(turn: (line: Line) => Promise<boolean>): Promise<void> {
    const [first, ...others] = this.#kept
    if (first && !(await turn(first))) return
    for (const line of others) await turn(line)
  }

  /** @returns whether the database took what there was, as far as it was asked */
  async #turn(line: Line): Promise<boolean> {
    if (line.attempts.pausing) return false
    const isDue = line.beats * EVERY_MS >= (line.writer.everyMs ?? 0)
    return !isDue || this.#write(line)
  }

  /** One attempt at a time; who asks while one is made hears of that one. */
  #write(line: Line): Promise<boolean> {
    const { writer, attempts } = line
    line.beats = 0
    line.writing ??= attempts
      .make(() => writer.write())
      .finally(() => {
        line.writing = null
      })
    return line.writing
  }
}
