import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '../../../core/log.ts'
import type { Adding } from '../store.ts'
import { bucketFailure } from './failures.ts'
import type { Objects } from './objects.ts'

/** Milliseconds that a text waits for others, and bytes that wait at most. */
const WAIT_MS = 1000
const MOST_BYTES = 4 * 1024 * 1024
/** Milliseconds until a segment is tried again that could not be put: twice as long each time. */
const [FIRST_PAUSE_MS, LONGEST_PAUSE_MS] = [500, 10_000]

/**
 * Adds to what stands in a bucket, where nothing can be added to: a segment after the other, each an object of its own that has what came within a second. A segment that
 * cannot be put is tried again until it is, since what it says has happened, and would be paid for twice.
 */
export class Segments implements Adding {
  readonly #objects: Objects
  readonly #key: string
  readonly #signal: AbortSignal
  readonly #log: Pick<Log, 'warn'>
  #waiting: { bytes: Buffer; kept: () => void }[] = []
  #bytes = 0
  #segments = 0
  #timer: NodeJS.Timeout | null = null
  #written: Promise<void> = Promise.resolve()

  /** @param key how those of the segments begin @param signal ends all further trying */
  constructor(objects: Objects, key: string, signal: AbortSignal, log: Pick<Log, 'warn'>) {
    this.#objects = objects
    this.#key = key
    this.#signal = signal
    this.#log = log
  }

  async add(text: string, kept: () => void): Promise<void> {
    const bytes = Buffer.from(text)
    this.#waiting.push({ bytes, kept })
    this.#bytes += bytes.length
    if (this.#bytes >= MOST_BYTES) return await this.flush()
    this.#timer ??= setTimeout(() => void this.flush().catch(() => {}), WAIT_MS).unref()
  }

  async flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#written = this.#written.then(() => this.#put())
    await this.#written
  }

  /** Also where whoever adds has failed elsewhere: what they have added so far has happened. */
  async close(): Promise<void> {
    await this.flush().catch(() => {})
  }

  async #put(): Promise<void> {
    const segment = this.#waiting
    if (segment.length === 0) return
    this.#waiting = []
    this.#bytes = 0
    const number = String(++this.#segments).padStart(8, '0')
    const body = Buffer.concat(segment.map(({ bytes }) => bytes))
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      try {
        await this.#objects.put(`${this.#key}-${number}`, body)
        break
      } catch (err) {
        if (this.#signal.aborted) throw bucketFailure(err)
        this.#log.warn(
          { err, store: this.#objects.name },
          'results of a batch cannot be kept; they are held and tried again',
        )
        await sleep(pause, null, { signal: this.#signal })
      }
    }
    for (const { kept } of segment) kept()
  }
}
