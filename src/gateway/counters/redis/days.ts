import type { Db } from '../../../db/tables.ts'
import type { Ledger } from '../../../ledger/open.ts'
import { type SavedRow, saveLevels } from '../../limits/saved-levels.ts'
import { saveWithBeat } from '../open.ts'
import { type Joining, levelsOf, restoreDays } from './joining.ts'

/** Saves the levels of the days that this process's calls have changed, as Redis has them: whoever saves them last saves the truth. */
export class RedisDays {
  /** Names of windows, by organization. */
  #changed = new Map<string, Set<string>>()
  /** In memory that threads share: how often it was begun to save them. */
  readonly saves = new Int32Array(new SharedArrayBuffer(4))
  readonly #partsOf: (organizationId: string) => Joining
  readonly #told: () => void

  /** @param told when something has changed and nothing had since it was last saved */
  constructor(partsOf: (organizationId: string) => Joining, told: () => void) {
    this.#partsOf = partsOf
    this.#told = told
  }

  get waiting(): boolean {
    return this.#changed.size > 0
  }

  change(organizationId: string, name: string): void {
    const known = this.#changed.get(organizationId)
    if (known) return void known.add(name)
    this.#changed.set(organizationId, new Set([name]))
    if (this.#changed.size === 1) this.#told()
  }

  /** @throws what Redis or the database say; what was not saved is saved with the next call */
  async save(db: Db): Promise<void> {
    const changed = this.#changed
    this.#changed = new Map()
    // Before any level is read: what changes from now on is told again.
    Atomics.add(this.saves, 0, 1)
    let failure: unknown
    for (const [organizationId, names] of changed) {
      try {
        const list = [...names].sort()
        const read = await this.#levelsOf(organizationId, list)
        if (read === null) throw new Error('Redis has lost what it had')
        const rows = list.map((name, i): SavedRow => {
          const [level = 0, maximum = 0] = read.levels[i] ?? []
          return { organization_id: organizationId, key: `${organizationId}/${name}`, level, maximum, at_ms: read.atMs }
        })
        await saveLevels(db, rows, true, () => {})
      } catch (error) {
        // One that cannot be saved keeps no other from it.
        for (const name of names) this.change(organizationId, name)
        failure ??= error
      }
    }
    if (failure !== undefined) throw failure
  }

  /** Where Redis has lost them and no call has asked since, they are brought back first. */
  async #levelsOf(organizationId: string, names: readonly string[]): ReturnType<typeof levelsOf> {
    const parts = this.#partsOf(organizationId)
    const read = await levelsOf(parts, names)
    if (read !== null) return read
    await restoreDays(parts, organizationId)
    return await levelsOf(parts, names)
  }
}

/** Has the levels of days saved with the beat. @param partsOf what is asked of Redis for an organization */
export function keepDays(
  ledger: Pick<Ledger, 'gateDb' | 'beat'>,
  partsOf: (organizationId: string) => Joining,
): RedisDays {
  const days = new RedisDays(partsOf, () => ledger.beat.wake())
  saveWithBeat(days, ledger)
  return days
}
