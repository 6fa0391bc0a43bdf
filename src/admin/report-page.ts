import type { Interval } from '../core/usage.ts'
import type { Place } from '../core/usage-place.ts'

/** Bytes of a page. */
export type PageBounds = {
  /** From here on, about, it begins no further bucket: there is a next page then. */
  enough: number
  /** Where it ends, about, even within a bucket, which then goes on on the next page. */
  most: number
}

/**
 * The text of one page of a report, as it comes: its buckets in their order, and in each its results. Where it ends before the
 * window does, `next` is the place to go on from.
 */
export class ReportPage {
  readonly #buckets: readonly Interval[]
  readonly #bounds: PageBounds
  #begun = 0
  #text = '{"object":"page","data":['
  #written = 0
  /** The group of the last result of the bucket that was begun last. */
  #last: (string | number)[] | null = null
  #next: Place | null = null

  /** @param buckets of the page, in their order */
  constructor(buckets: readonly Interval[], bounds: PageBounds) {
    this.#buckets = buckets
    this.#bounds = bounds
  }

  /** Where the next page begins, once this one takes no more. */
  get next(): Place | null {
    return this.#next
  }

  /** Begins buckets up to the one that a moment lies in. @returns whether the page has room for that one */
  turnTo(time: number): boolean {
    while (this.#next === null) {
      const next = this.#buckets[this.#begun]
      if (next === undefined || next.from > time) return true
      if (this.#begun > 0 && this.#size >= this.#bounds.enough) this.#next = { from: next.from, after: null }
      else this.#begin(next)
    }
    return false
  }

  /**
   * Adds a result to the bucket that was begun last.
   * @param group its values of what the report is grouped by, which is its place
   * @returns whether the page had room for it
   */
  add(result: object, group: (string | number)[]): boolean {
    const bucket = this.#buckets[this.#begun - 1]
    if (this.#size >= this.#bounds.most && bucket !== undefined && this.#last !== null) {
      this.#next = { from: bucket.from, after: this.#last }
      return false
    }
    this.#text += (this.#last === null ? '' : ',') + JSON.stringify(result)
    this.#last = group
    return true
  }

  /** Ends the page. @param token of the next one; null: there is none */
  end(token: string | null): void {
    const open = this.#begun > 0 ? ']}' : ''
    this.#text += `${open}],"has_more":${token !== null},"next_page":${JSON.stringify(token)}}`
  }

  /** What there is of the text since this was asked last. */
  take(): string {
    const text = this.#text
    this.#written += Buffer.byteLength(text)
    this.#text = ''
    return text
  }

  get #size(): number {
    return this.#written + this.#text.length
  }

  #begin({ from, to }: Interval) {
    if (this.#begun++ > 0) this.#text += ']},'
    this.#text += `{"object":"bucket","start_time":${from},"end_time":${to},"results":[`
    this.#last = null
  }
}
