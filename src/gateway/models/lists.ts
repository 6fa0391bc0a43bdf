import type { Catalogue } from '../../core/catalogue.ts'

/** Bytes of lists that are kept; beyond, those written longest ago go. */
const MOST_KEPT = 16_000_000

/** Lists that were written of one catalogue, by whose they are: they may be long, and no limit counts who asks for them. */
class Lists {
  readonly #known = new Map<object, Buffer>()
  #bytes = 0

  get(whose: object): Buffer | undefined {
    return this.#known.get(whose)
  }

  keep(whose: object, list: Buffer): void {
    this.#bytes += list.length - (this.#known.get(whose)?.length ?? 0)
    this.#known.set(whose, list)
    for (const [oldest, { length }] of this.#known) {
      if (this.#bytes <= MOST_KEPT) return
      this.#known.delete(oldest)
      this.#bytes -= length
    }
  }
}

const lists = new WeakMap<Catalogue, Lists>()

/** A list of this catalogue that was written before. @param whose those for whom it is the same */
export function listKept(catalogue: Catalogue, whose: object): Buffer | undefined {
  return lists.get(catalogue)?.get(whose)
}

/** Keeps a list for the next who asks. */
export function keepList(catalogue: Catalogue, whose: object, list: Buffer): void {
  const known = lists.get(catalogue) ?? new Lists()
  lists.set(catalogue, known)
  known.keep(whose, list)
}
