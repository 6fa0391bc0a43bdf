import { Bounded } from '../core/bounded.ts'
import type { AskOthers, KnownKey } from '../gateway/keys/known.ts'
import type { FromThread } from './words.ts'

/** Keys that are asked about at once, at most: beyond, nobody is said to know one. Each question costs the machine's thread something. */
const MOST = 64
/** Keys of which it is remembered that nobody knew them, and for how long, in milliseconds. */
const NOBODY_KEPT = 10_000
const NOBODY_MS = 1000

/** What a thread asks of all others, through the machine, while the database is away: whether they know a key. */
export class Others {
  readonly #say: (message: FromThread) => void
  /** Until when they are not asked about again. */
  readonly #nobody = new Bounded<string, number>(NOBODY_KEPT)
  readonly #asked = new Map<string, PromiseWithResolvers<KnownKey | null>>()

  constructor(say: (message: FromThread) => void) {
    this.#say = say
  }

  readonly ask: AskOthers = (hash) => {
    const known = this.#asked.get(hash)
    if (known) return known.promise
    const isAskedAgain = (this.#nobody.get(hash) ?? 0) <= performance.now()
    if (!isAskedAgain || this.#asked.size >= MOST) return Promise.resolve(null)
    const asked = Promise.withResolvers<KnownKey | null>()
    this.#asked.set(hash, asked)
    this.#say({ what: 'who knows', hash })
    return asked.promise
  }

  hear(hash: string, known: KnownKey | null): void {
    if (known === null) this.#nobody.set(hash, performance.now() + NOBODY_MS)
    else this.#nobody.delete(hash)
    this.#asked.get(hash)?.resolve(known)
    this.#asked.delete(hash)
  }
}
