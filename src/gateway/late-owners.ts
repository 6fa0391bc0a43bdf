import { Bounded } from '../core/bounded.ts'
import { isOwnedId, keyOf, type Owned } from '../core/owned.ts'
import { type Asker, isTheirs } from '../ledger/asker.ts'
import type { Owner, Owners } from '../ledger/owners.ts'
import { kinds } from './kinds/kinds.ts'
import { Places } from './places.ts'
import type { Reference } from './references.ts'

/** How often what was not found is looked for again: other nodes write twice a second what they have, which takes its time. */
const EVERY_MS = 100
/** A second in rounds, so that a machine or a database that stands still for it takes no round away; and where they are slow, no more than this. */
const ROUNDS = 10
const MOST_MS = 5000
/** Ids that are waited for at once: of one call, of one key, of one project, and of all. Beyond, the first look decides. */
const MOST_OF_CALL = 8
const MOST_OF_KEY = 16
const MOST_OF_PROJECT = 64
const MOST = 1024
/** What was waited for in vain lately is not waited for again: whoever asks for it on and on costs one look each time. */
const VAIN_KEPT = 10_000

type Caller = Asker & { keyId: string }
/** Whose what is missing is, by the last look. */
type Found = ReadonlyMap<string, Owner | null>
type Waiting = PromiseWithResolvers<Found> & { asker: Asker; missing: Owned[]; rounds: number; until: number }

/**
 * Whose the things are that calls refer to, also where another node has shown their ids and not written them yet: what is not found,
 * and has to be, is looked for again for a second. All that is waited for is one look in each round. What is another project's is
 * looked and waited for as if it never were: by the same statements, whatever memory says.
 */
export class LateOwners {
  readonly #owners: Pick<Owners, 'find'>
  readonly #several: boolean
  readonly #waiting = new Set<Waiting>()
  readonly #places = new Places()
  readonly #inVain = new Bounded<string, true>(VAIN_KEPT)
  #looking = false

  /** @param several whether other nodes may write what is looked for */
  constructor(owners: Pick<Owners, 'find'>, several: boolean) {
    this.#owners = owners
    this.#several = several
  }

  /**
   * @returns whose each of these is, null for what is nobody's; and whether that was waited for, in which the caller may have lost its rights
   * @throws what the database does
   */
  async find(
    references: readonly Reference[],
    caller: Caller,
  ): Promise<{ owners: readonly (Owner | null)[]; waited: boolean }> {
    const owners = await this.#owners.find(references, caller)
    const missing = references.filter((one, i) => !one.isIfKept && !isTheirs(owners[i], caller))
    // Where anything is missing that no node can be about to write, the call is lost whatever comes.
    const isWorth = this.#several && missing.length > 0 && missing.every(({ kind }) => kinds[kind].isLate)
    const giveBack = isWorth ? this.#placesFor(missing, caller) : null
    if (giveBack === null) return { owners, waited: false }
    const found = await this.#wait(missing, caller).finally(giveBack)
    return { owners: references.map((one, i) => found.get(keyOf(one)) ?? owners[i] ?? null), waited: true }
  }

  /** @returns what gives the places back; null where waiting cannot help, or there is no room for it */
  #placesFor(missing: readonly Owned[], { projectId, keyId }: Caller): (() => void) | null {
    const isWorth = missing.every((one) => isOwnedId(one.id) && !this.#inVain.has(`${projectId} ${keyOf(one)}`))
    if (!isWorth || missing.length > MOST_OF_CALL) return null
    const shares = [[keyId, MOST_OF_KEY] as const, [projectId, MOST_OF_PROJECT] as const, ['', MOST] as const]
    return this.#places.take(missing.length, shares)
  }

  async #wait(missing: Owned[], asker: Asker): Promise<Found> {
    const until = performance.now() + MOST_MS
    const waiting = { ...Promise.withResolvers<Found>(), asker, missing, rounds: 0, until }
    this.#waiting.add(waiting)
    if (!this.#looking) this.#next()
    return waiting.promise.finally(() => this.#waiting.delete(waiting))
  }

  #next(): void {
    this.#looking = this.#waiting.size > 0
    if (this.#looking) setTimeout(() => void this.#look().then(() => this.#next()), EVERY_MS)
  }

  /** One round: never rejects. */
  async #look(): Promise<void> {
    const all = [...this.#waiting]
    const now = performance.now()
    const wanted = [...new Map(all.flatMap(({ missing }) => missing.map((one) => [keyOf(one), one]))).values()]
    try {
      const found = await this.#owners.find(wanted, null)
      const owners = new Map(wanted.map((one, i) => [keyOf(one), found[i] ?? null]))
      for (const waiting of all) {
        const { asker, missing, until, resolve } = waiting
        const still = missing.filter((one) => !isTheirs(owners.get(keyOf(one)), asker))
        if (still.length > 0 && ++waiting.rounds < ROUNDS && now < until) continue
        for (const one of still) this.#inVain.set(`${asker.projectId} ${keyOf(one)}`, true)
        resolve(owners)
      }
    } catch (error) {
      for (const { reject } of all) reject(error)
    }
    // Whoever was told is gone from those that wait before the next round begins.
    await new Promise(setImmediate)
  }
}
