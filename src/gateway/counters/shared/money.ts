import { type ApiError, unavailable } from '../../../contract/error.ts'
import { NANOS_PER_CENT } from '../../../core/money.ts'
import { type Month, monthOf } from '../../../core/month.ts'
import { WHOLE_ORGANIZATION } from '../../../db/spend.ts'
import { idOf } from '../../spend/accounts.ts'
import type { Holder, Money, Short, Spender } from '../../spend/money.ts'
import type { ReadSpent } from '../../spend/reading.ts'
import { hasRoom, isSpent } from '../../spend/room.ts'
import type { SharedAccounts } from './accounts.ts'
import type { Arena } from './arena.ts'
import { BEAT, READINGS, WRITING } from './header.ts'
import { NONE, type Place, Places } from './place.ts'

/** An account as a thread knows it: where it lies, and its limit as it was last asked with. */
type Known = Place & { cents: number | null; limit: bigint | null }

/** A call's money, while it is decided and until it is settled. */
export type AskedMoney = {
  month: Month
  nano: bigint
  project: Known
  organization: Known
  projectLimit: bigint | null
  organizationLimit: bigint | null
}

/** The money that calls of one thread set aside in shared memory. */
export class SharedMoney {
  readonly #arena: Arena
  readonly #accounts: SharedAccounts
  readonly #places: Places<Known>
  readonly #index: number
  readonly #readSpent: ReadSpent
  readonly #now: () => number

  /** @param index of the thread @param now on the clock that threads share */
  constructor(arena: Arena, accounts: SharedAccounts, index: number, readSpent: ReadSpent, now: () => number) {
    this.#arena = arena
    this.#accounts = accounts
    this.#places = new Places(arena.memory.secret, (place) => ({ ...place, cents: null, limit: null }))
    this.#index = index
    this.#readSpent = readSpent
    this.#now = now
  }

  /** All that can be worked out before it is this thread's turn. */
  asked({ organizationId, projectId, at, nano, limits }: Money): AskedMoney {
    const project = this.#places.of(idOf(organizationId, projectId))
    const organization = this.#places.of(idOf(organizationId, WHOLE_ORGANIZATION))
    return {
      ...{ month: monthOf(at), nano: BigInt(nano), project, organization },
      projectLimit: limitOf(project, limits.project),
      organizationLimit: limitOf(organization, limits.organization),
    }
  }

  /** What is lacking, or whose total nobody has read; null: there is room. Under the lock. */
  lacking(asked: AskedMoney): Short | { unknown: Holder } | null {
    return (
      this.#lackingOf('project', asked, asked.project, asked.projectLimit) ??
      this.#lackingOf('organization', asked, asked.organization, asked.organizationLimit)
    )
  }

  #lackingOf(of: Holder, { month, nano }: AskedMoney, place: Place, limit: bigint | null) {
    const word = this.#accounts.loaded(place)
    if (word === NONE) return { unknown: of }
    if (limit === null) return null
    const spent = this.#accounts.spent(word, month)
    if (hasRoom(spent, this.#accounts.reserved(word, month), nano, limit)) return null
    return { of, isSpent: isSpent(spent, limit) }
  }

  /** Sets it aside; under the lock, where nothing was lacking. */
  hold({ project, organization, month, nano }: AskedMoney): void {
    for (const place of [project, organization]) {
      this.#accounts.hold(this.#accounts.table.find(place), month, nano, this.#index)
    }
  }

  /** Gives back what is held, and counts what the call did cost. Under the lock. @param cost nano-dollars */
  settle({ project, organization, month, nano }: AskedMoney, cost: bigint): void {
    for (const place of [project, organization]) {
      const found = this.#accounts.table.find(place)
      // One that held nothing may be forgotten by now: its cost counts as not written until it is.
      const word = found === NONE && cost > 0n ? this.#accounts.open(place, this.#now()) : found
      if (word !== NONE) this.#accounts.settle(word, month, nano, cost, this.#index)
    }
  }

  /**
   * Reads what a project and its organization have spent and what their batches hold, and takes it up. A total that was read while costs were
   * written counts them or not, nobody knows: it is left, and the one before stays, with what was written here added.
   * @throws ApiError 503 where there is no room for another account; what the database says
   */
  async load(spender: Spender): Promise<void> {
    const { ints, floats } = this.#arena
    const ids = [WHOLE_ORGANIZATION, spender.projectId]
    const places = ids.map((id) => this.#places.of(idOf(spender.organizationId, id)))
    const begun = this.#arena.change(() => {
      this.#open(places)
      this.#arena.undo.save(READINGS, 1)
      floats[READINGS] = (floats[READINGS] ?? 0) + 1
      return { number: floats[READINGS], beat: ints[BEAT], isWriting: ints[WRITING] !== 0 }
    })
    const { month, spent, held } = await this.#readSpent(spender)
    this.#arena.change(() => {
      const isCertain = !begun.isWriting && begun.beat === ints[BEAT]
      const words = this.#open(places)
      for (const [i, word] of words.entries()) {
        const id = ids[i] ?? ''
        const read = { spent: spent.get(id) ?? 0n, held: held.get(id) ?? 0n }
        this.#accounts.read(word, month, read, begun.number, isCertain)
      }
    })
  }

  #open(places: readonly Place[]): number[] {
    return places.map((place) => {
      const word = this.#accounts.open(place, this.#now())
      if (word === NONE) throw tooManyAccounts()
      return word
    })
  }
}

function limitOf(known: Known, cents: number | null): bigint | null {
  if (cents !== known.cents) {
    known.cents = cents
    known.limit = cents === null ? null : BigInt(cents) * NANOS_PER_CENT
  }
  return known.limit
}

function tooManyAccounts(): ApiError {
  return unavailable('The server counts the money of as many projects as it has room for. Please try again shortly.')
}
