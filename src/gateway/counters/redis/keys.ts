/** The names of what is kept in Redis: everything of an organization in one slot of a Cluster. */
export class Keys {
  readonly #prefix: string
  readonly #isCluster: boolean

  constructor(prefix: string, isCluster: boolean) {
    this.#prefix = prefix
    this.#isCluster = isCluster
  }

  /**
   * The first says whether what Redis has is whole: one key for all, but in a Cluster, where a part can be lost alone, one for
   * each organization. The second begins all others.
   */
  of(organizationId: string): [marker: string, base: string] {
    const base = `${this.#prefix}:{${organizationId}}:`
    return [this.#isCluster ? `${base}whole` : `${this.#prefix}:whole`, base]
  }
}
