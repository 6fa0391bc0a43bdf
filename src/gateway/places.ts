/** Of whom places are counted, and how many may be taken of that at once. */
export type Share = readonly [of: string, most: number]

/** Places that are taken for a while, each of several shares at once. What has none taken costs no memory. */
export class Places {
  readonly #taken = new Map<string, number>()

  /** @returns what gives them back, to be called once; null where one of the shares has not so many left: then none is taken */
  take(count: number, shares: readonly Share[]): (() => void) | null {
    if (shares.some(([of, most]) => (this.#taken.get(of) ?? 0) + count > most)) return null
    for (const [of] of shares) this.#add(of, count)
    return () => {
      for (const [of] of shares) this.#add(of, -count)
    }
  }

  #add(of: string, more: number): void {
    const count = (this.#taken.get(of) ?? 0) + more
    if (count > 0) this.#taken.set(of, count)
    else this.#taken.delete(of)
  }
}
