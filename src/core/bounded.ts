/** A map with a bound on its size: beyond, the entry that was set longest ago goes. To set a key again makes it the latest. */
export class Bounded<K, V> extends Map<K, V> {
  readonly #most: number

  /** @param most how many entries are kept, at least one */
  constructor(most: number) {
    super()
    this.#most = most
  }

  override set(key: K, value: V): this {
    this.delete(key)
    super.set(key, value)
    if (this.size > this.#most) this.delete(this.keys().next().value as K)
    return this
  }
}
