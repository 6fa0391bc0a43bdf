import { Bounded } from '../core/bounded.ts'
import { isOwnedId, keyOf, type Owned } from '../core/owned.ts'
import type { Owner, Owners } from '../ledger/owners.ts'
import { isTheirs, type Reference } from './references.ts'

/** How often what was not found is looked for again, and how long: other nodes write twice a second what they have, which takes its time. */
const EVERY_MS = 100
const PATIENCE_MS = 1000
/** Ids that are waited for at once, of one project and of all: beyond, the first look decides. */
const MOST_OF_PROJECT = 64
const MOST = 1024
/** What was waited for in vain lately is not waited for again: whoever asks for it on and on costs one look each time. */
const VAIN_KEPT = 10_000

type Asker = Pick<Owner, 'organizationId' | 'projectId'>
/** Whose what is missing is, by the last look. */
type Found = ReadonlyMap<string, Owner | null>
type Waiting = PromiseWithResolvers<Found> & { asker: Asker; missing: Owned[]; until: number }

/**
 * Whose the things are that calls refer to, also where another node has shown their ids and not written them yet: what is not found,
 * and has to be, is looked for again for a second. All that is waited for is one look in each round. What is another project's is
 * waited for as if it never were.
 */
export class LateOwners {
  readonly #owners: Pick<Owners, 'find'>
  readonly #several: boolean
  readonly #waiting = new Set<Waiting>()
  readonly #ofProject = new Map<string, number>()
  readonly #inVain = new Bounded<string, true>(VAIN_KEPT)
  #ids = 0
  #looking = false

  /** @param several whether other nodes may write what is looked for */
  constructor(owners: Pick<Owners, 'find'>, several: boolean) {
    this.#owners = owners
    this.#several = several
  }

  /** @returns whose each of these is; null for what is nobody's. @throws what the database does */
  async find(references: readonly Reference[], asker: Asker): Promise<(Owner | null)[]> {
    const owners = await this.#owners.find(references)
    if (!this.#several) return owners
    const missing = references.filter((one, i) => !one.isIfKept && !isTheirs(owners[i], asker))
    if (missing.length === 0 || !this.#isWorth(missing, asker)) return owners
    const found = await this.#wait(missing, asker)
    return references.map((one, i) => found.get(keyOf(one)) ?? owners[i] ?? null)
  }

  /** Whether waiting can help, and there is room for it. */
  #isWorth(missing: readonly Owned[], { projectId }: Asker): boolean {
    const ofProject = this.#ofProject.get(projectId) ?? 0
    if (ofProject + missing.length > MOST_OF_PROJECT || this.#ids + missing.length > MOST) return false
    return missing.every((one) => isOwnedId(one.id) && !this.#inVain.has(`${projectId} ${keyOf(one)}`))
  }

  async #wait(missing: Owned[], asker: Asker): Promise<Found> {
    const waiting = { ...Promise.withResolvers<Found>(), asker, missing, until: performance.now() + PATIENCE_MS }
    this.#waiting.add(waiting)
    this.#count(asker, missing.length)
    if (!this.#looking) this.#next()
    try {
      return await waiting.promise
    } finally {
      this.#waiting.delete(waiting)
      this.#count(asker, -missing.length)
    }
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
      const found = await this.#owners.find(wanted)
      const owners = new Map(wanted.map((one, i) => [keyOf(one), found[i] ?? null]))
      for (const { asker, missing, until, resolve } of all) {
        const still = missing.filter((one) => !isTheirs(owners.get(keyOf(one)), asker))
        if (still.length > 0 && now < until) continue
        for (const one of still) this.#inVain.set(`${asker.projectId} ${keyOf(one)}`, true)
        resolve(owners)
      }
    } catch (error) {
      for (const { reject } of all) reject(error)
    }
    // Whoever was told is gone from those that wait before the next round begins.
    await new Promise(setImmediate)
  }

  #count({ projectId }: Asker, more: number): void {
    this.#ids += more
    const count = (this.#ofProject.get(projectId) ?? 0) + more
    if (count > 0) this.#ofProject.set(projectId, count)
    else this.#ofProject.delete(projectId)
  }
}
