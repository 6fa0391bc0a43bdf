import { closeSync, writeSync } from 'node:fs'
import { unwaited } from './unwaited.ts'

/** How many bytes wait for a reader at most. */
const MOST_BYTES = 1_000_000
/** Milliseconds between two attempts at what could not be written; they double while nothing can. */
const FIRST_PAUSE_MS = 10
const LONGEST_PAUSE_MS = 100
/** How long the end of the process waits for readers, in milliseconds. */
const PATIENCE_MS = 1000

/** Until when: one second for all that is said, since a process ends once. */
let patience: number | null = null

export type Losses = {
  /** Each text that is dropped. */
  dropped: () => void
  /** Once there is room again. @param texts how many were dropped in a row */
  over: (texts: number) => void
}

/**
 * Writes to standard output or standard error, and waits for no reader: what cannot be written at once is kept, up to a bound,
 * and written when it can be. Beyond the bound texts are dropped, each of them until everything before the gap is written, so
 * that there is one gap and one word about it. (pino's own destination waits in its exit for ever where the disk is full or
 * the reader is gone.)
 */
export class BoundedWriter implements Disposable {
  readonly #given: number
  readonly #fd: number
  readonly #losses: Losses
  readonly #end = () => this[Symbol.dispose]()
  #waiting: Buffer[] = []
  #bytes = 0
  #dropped = 0
  #pause = FIRST_PAUSE_MS
  #retry: NodeJS.Timeout | null = null
  #attempting = false
  #ended = false

  /** @param fd what is written to; disposing, or else the end of the process, writes what waits, within a second */
  constructor(fd: number, losses: Losses) {
    this.#given = fd
    this.#fd = unwaited(fd)
    this.#losses = losses
    process.on('exit', this.#end)
  }

  write(text: string): void {
    if (this.#ended) return
    const bytes = Buffer.from(text)
    if (this.#dropped > 0 || this.#bytes + bytes.length > MOST_BYTES) {
      this.#dropped++
      this.#losses.dropped()
      // Longer than everything that may wait: there is room for a word about it at once.
      if (this.#bytes === 0) this.#sayDropped()
      return
    }
    this.#waiting.push(bytes)
    this.#bytes += bytes.length
    if (this.#retry === null && !this.#attempting) this.#send()
  }

  [Symbol.dispose](): void {
    if (this.#ended) return
    patience ??= performance.now() + PATIENCE_MS
    while (this.#attempt() === 'EAGAIN' && performance.now() < patience) sleep(FIRST_PAUSE_MS)
    this.#ended = true
    if (this.#retry) clearTimeout(this.#retry)
    process.removeListener('exit', this.#end)
    if (this.#fd !== this.#given) closeSync(this.#fd)
  }

  #send(): void {
    this.#retry = null
    if (this.#attempt() === null) return
    this.#retry = setTimeout(() => this.#send(), this.#pause).unref()
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE_MS)
  }

  /** Writes what waits. @returns why not all of it: EAGAIN where nobody reads, else what the system said; null where all is written */
  #attempt(): string | null {
    this.#attempting = true
    try {
      while (this.#bytes > 0) this.#writeOnce()
      return null
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? 'unknown'
    } finally {
      this.#attempting = false
    }
  }

  #writeOnce(): void {
    const all = Buffer.concat(this.#waiting)
    this.#waiting = [all]
    const written = writeSync(this.#fd, all)
    this.#pause = FIRST_PAUSE_MS
    this.#bytes -= written
    this.#waiting = this.#bytes > 0 ? [all.subarray(written)] : []
    if (this.#bytes === 0 && this.#dropped > 0) this.#sayDropped()
  }

  #sayDropped(): void {
    const texts = this.#dropped
    this.#dropped = 0
    this.#losses.over(texts)
  }
}

/** Waits without letting anything else happen: at the end of the process nothing does. */
function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}
