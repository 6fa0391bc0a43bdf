/** Puts pieces together of what came and of what is new; what stays together is one piece. */
export class Splicing {
  readonly #bytes: Buffer
  readonly #pieces: Buffer[] = []
  #start = 0
  #end = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  keep(start: number, end: number): void {
    if (start !== this.#end) {
      this.#flush()
      this.#start = start
    }
    this.#end = end
  }

  insert(...pieces: Buffer[]): void {
    this.#flush()
    this.#pieces.push(...pieces)
  }

  pieces(): Buffer[] {
    this.#flush()
    return this.#pieces
  }

  #flush() {
    if (this.#end > this.#start) this.#pieces.push(this.#bytes.subarray(this.#start, this.#end))
    this.#start = this.#end
  }
}
