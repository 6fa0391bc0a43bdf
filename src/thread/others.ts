import { Bounded } from '../core/bounded.ts'
import type { AskOthers, KnownKey, KnownKeys } from '../gateway/keys/known.ts'
import type { FromThread } from './words.ts'

/** Keys that are asked about at once, at most: beyond, nobody is said to know one. Each question costs the machine's thread something. */
const MOST = 64
/** Keys of which it is remembered that nobody knew them, and for how long, in milliseconds. */
const NOBODY_KEPT = 10_000
const NOBODY_MS = 1000

/**
 * What a thread asks of all others, through the machine, while the database is away: whether they know a key. All that is asked in
 * one turn of the loop is one message.
 */
export class Others {
  readonly #say: (message: FromThread) => void
  /** Until when they are not asked about again. */
  readonly #nobody = new Bounded<string, number>(NOBODY_KEPT)
  readonly #asked = new Map<string, { answer: (known: KnownKey | null) => void; takenUp: Promise<void> }>()
  #gathered: string[] = []

  constructor(say: (message: FromThread) => void) {
    this.#say = say
  }

  readonly ask: AskOthers = (hash, begin) => {
    const asked = this.#asked.get(hash)
    if (asked) return asked.takenUp
    const isAskedAgain = (this.#nobody.get(hash) ?? 0) <= performance.now()
    if (!isAskedAgain || this.#asked.size >= MOST) return Promise.resolve()
    const takeUp = begin()
    const { promise, resolve } = Promise.withResolvers<KnownKey | null>()
    const takenUp = promise.then((known) => {
      if (known !== null) takeUp(known)
    })
    this.#asked.set(hash, { answer: resolve, takenUp })
    if (this.#gathered.push(hash) === 1) setImmediate(() => this.#tell())
    return takenUp
  }

  /** @param asked hashes that went in one message @param known those of them that somebody knows */
  hear(asked: readonly string[], known: KnownKeys): void {
    for (const hash of asked) {
      const found = known.get(hash) ?? null
      if (found === null) this.#nobody.set(hash, performance.now() + NOBODY_MS)
      else this.#nobody.delete(hash)
      this.#asked.get(hash)?.answer(found)
      this.#asked.delete(hash)
    }
  }

  #tell(): void {
    const hashes = this.#gathered
    this.#gathered = []
    this.#say({ what: 'who knows', hashes })
  }
}
