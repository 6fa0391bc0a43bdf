import type { Log } from '../../core/log.ts'
import type { Batch } from '../usage-batch.ts'
import type { BufferedUsage, UsageBuffer } from '../usage-buffer.ts'
import type { Spill } from './spill.ts'

/** Rows in memory from which on some are put on the disk, and how many stay. */
const MANY_ROWS = 10_000
const FEW_ROWS = 5000
/** Rows that are put there, and read again, together: a batch of the database. */
const TOGETHER = 500
/** How long nothing is put there after it failed. */
const PAUSE_MS = 5000

type Parts = {
  spill: Spill | null
  log: Pick<Log, 'error'>
  buffer: UsageBuffer
  /** Given rows that were taken from the buffer and are on no disk. */
  giveBack: (rows: BufferedUsage[]) => void
}

/** Keeps the memory of what is not written small, by putting the oldest rows on the disk. */
export class Overflow {
  readonly #parts: Parts
  /** Rows on their way to the disk. */
  moving = 0
  #relieving: Promise<void> | null = null
  #pauseUntil = 0
  #told = false

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Rows on the disk, and on their way there. */
  get rows(): number {
    return (this.#parts.spill?.rows ?? 0) + this.moving
  }

  /** To be called when there is more in the buffer; returns at once. */
  relieve(): void {
    const { spill, buffer } = this.#parts
    if (spill === null || buffer.size < MANY_ROWS || this.#relieving || performance.now() < this.#pauseUntil) return
    this.#relieving = this.#relieve(spill).finally(() => {
      this.#relieving = null
    })
  }

  /** The oldest batch on the disk. */
  async first(): Promise<Batch | null> {
    const { spill } = this.#parts
    const found = (await spill?.first()) ?? null
    return found && { ...found, spilled: { own: spill?.isOwn(found) ?? false } }
  }

  /** What `first` gave is over. */
  async done(): Promise<void> {
    await this.#parts.spill?.done()
  }

  /** The end: puts all of it on the disk that can be. @returns how many rows are there now, and what is lost */
  async close(rest: readonly Batch[]): Promise<{ kept: number; lost: BufferedUsage[] }> {
    const { spill } = this.#parts
    await this.#relieving
    const lost: BufferedUsage[] = []
    for (const { name, rows } of rest) {
      // What has a name is one batch and stays it.
      const step = name ? rows.length : TOGETHER
      for (let i = 0; i < rows.length; i += step) {
        const some = rows.slice(i, i + step)
        if (!(await this.#put(spill, some, name))) lost.push(...some)
      }
    }
    await spill?.close()
    return { kept: this.rows, lost }
  }

  async #relieve(spill: Spill): Promise<void> {
    const { buffer, giveBack } = this.#parts
    while (buffer.size > FEW_ROWS) {
      const rows = buffer.take(TOGETHER)
      this.moving += rows.length
      const isThere = await this.#put(spill, rows, null)
      this.moving -= rows.length
      if (isThere) continue
      giveBack(rows)
      this.#pauseUntil = performance.now() + PAUSE_MS
      return
    }
  }

  async #put(spill: Spill | null, rows: BufferedUsage[], name: Batch['name']): Promise<boolean> {
    if (spill === null) return false
    try {
      if (spill.isFull) throw new Error('as much waits there as may')
      await spill.append(rows, name ?? undefined)
      this.#told = false
      return true
    } catch (err) {
      if (!this.#told) this.#parts.log.error({ err }, 'usage that waits to be written cannot be put on the disk')
      this.#told = true
      return false
    }
  }
}
