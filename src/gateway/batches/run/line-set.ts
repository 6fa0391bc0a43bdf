/** Numbers of lines, from 1: a bit for each, so that what is known of a batch that waits is small. */
export class LineSet {
  #bits: Uint8Array

  /** @param most the largest number that is expected; a larger one has its place as well */
  constructor(most: number) {
    this.#bits = new Uint8Array((most >> 3) + 1)
  }

  has(line: number): boolean {
    return ((this.#bits[line >> 3] ?? 0) & (1 << (line & 7))) !== 0
  }

  add(line: number): void {
    const at = line >> 3
    if (at >= this.#bits.length) {
      const bits = new Uint8Array(Math.max(at + 1, this.#bits.length * 2))
      bits.set(this.#bits)
      this.#bits = bits
    }
    this.#bits[at] = (this.#bits[at] ?? 0) | (1 << (line & 7))
  }
}
