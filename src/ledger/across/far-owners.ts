import { Bounded } from '../../core/bounded.ts'
import type { Log } from '../../core/log.ts'
import { isOwnedId, type Kept, keyOf, type ListAsked, type Owned } from '../../core/owned.ts'
import type { Asker } from '../asker.ts'
import type { GateLedger } from '../gate-ledger.ts'
import type { KnownOwner, Origin, Owner } from '../owners.ts'
import type { LedgerLine } from './line.ts'

/** What was claimed here lately: a stream names an item in every event about it. */
const KEPT = 20_000
/** Claims and ends on their way, at most: beyond, nothing gets an owner, so that nobody can ask for it again. */
const MOST_UNTAKEN = 50_000

/**
 * Whose the things are that model servers keep, as a thread asks. A claim is on its way before the reply goes on that shows the id, and
 * the ledger takes what all threads have told before it answers any of them: so nothing has to be remembered here, and
 * what one thread was told, all know.
 */
export class FarOwners implements Pick<GateLedger['owners'], 'claim' | 'end' | 'find' | 'keep' | 'list'> {
  readonly #line: Pick<LedgerLine, 'tell' | 'ask' | 'untaken'>
  readonly #log: Pick<Log, 'error'>
  readonly #claimed = new Bounded<string, true>(KEPT)
  readonly #numbers = new WeakMap<Origin, number>()
  #lastNumber = 0
  #told = false

  constructor(line: Pick<LedgerLine, 'tell' | 'ask' | 'untaken'>, log: Pick<Log, 'error'>) {
    this.#line = line
    this.#log = log
  }

  /** @returns whether it was nobody's, as far as is known here */
  claim(owned: Owned, origin: Origin): boolean {
    const key = keyOf(owned)
    if (!isOwnedId(owned.id) || this.#claimed.has(key)) return false
    if (!this.#hasRoom('responses get no owner, so nobody can ask for them again')) return false
    this.#claimed.set(key, true)
    this.#line.tell({ say: 'claim', owned, number: this.#numberOf(origin), origin })
    return true
  }

  end(owned: Owned, { organizationId }: Pick<Owner, 'organizationId'>): void {
    if (!this.#hasRoom("responses that were deleted stay their projects', whose model servers say that they are gone"))
      return
    this.#line.tell({ say: 'end', owned, organizationId })
  }

  async find(wanted: readonly Owned[], asker: Asker | null): Promise<(KnownOwner | null)[]> {
    return this.#line.ask('find', { wanted: wanted.map(({ kind, id }) => ({ kind, id })), asker })
  }

  keep(kept: readonly Kept[], { organizationId, projectId, upstream }: Owner): Promise<Owned[]> {
    return this.#line.ask('keep', { kept, owner: { organizationId, projectId, upstream } })
  }

  list({ organizationId, projectId }: Asker, asked: ListAsked): Promise<{ id: string; upstream: string }[] | null> {
    return this.#line.ask('list', { asker: { organizationId, projectId }, asked })
  }

  #numberOf(origin: Origin): number {
    const number = this.#numbers.get(origin) ?? ++this.#lastNumber
    this.#numbers.set(origin, number)
    return number
  }

  /** @param what is lost until there is room again */
  #hasRoom(what: string): boolean {
    const { untaken } = this.#line
    if (untaken < MOST_UNTAKEN) {
      this.#told = false
      return true
    }
    if (!this.#told) this.#log.error({ waiting: untaken }, `${what}: too many wait to be written`)
    this.#told = true
    return false
  }
}
