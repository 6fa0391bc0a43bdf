import type { AskOthers, KnownKey } from '../gateway/keys/known.ts'
import type { FromThread } from './words.ts'

/** Keys that are asked about at once, at most: beyond, nobody is said to know one. */
const MOST = 1000

/** What a thread asks of all others, through the machine, while the database is away: whether they know a key. */
export class Others {
  readonly #say: (message: FromThread) => void
  readonly #asked = new Map<string, PromiseWithResolvers<KnownKey | null>>()

  constructor(say: (message: FromThread) => void) {
    this.#say = say
  }

  readonly ask: AskOthers = (hash) => {
    const known = this.#asked.get(hash)
    if (known) return known.promise
    if (this.#asked.size >= MOST) return Promise.resolve(null)
    const asked = Promise.withResolvers<KnownKey | null>()
    this.#asked.set(hash, asked)
    this.#say({ what: 'who knows', hash })
    return asked.promise
  }

  hear(hash: string, known: KnownKey | null): void {
    this.#asked.get(hash)?.resolve(known)
    this.#asked.delete(hash)
  }
}
