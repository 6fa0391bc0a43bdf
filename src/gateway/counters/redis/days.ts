import type { Db } from '../../../db/tables.ts'
import { type SavedRow, saveLevels } from '../../limits/saved-levels.ts'
import { type Joining, levelsOf } from './joining.ts'

/** Saves the levels of the days that this thread's calls have changed, as Redis has them: whoever saves them last saves the truth. */
export class RedisDays {
  /** Names of windows, by organization. */
  #changed = new Map<string, Set<string>>()
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
    try {
      for (const [organizationId, names] of changed) {
        const list = [...names].sort()
        const read = await levelsOf(this.#partsOf(organizationId), list)
        if (read === null) throw new Error('Redis has lost what it had')
        const rows = list.map((name, i): SavedRow => {
          const [level = 0, maximum = 0] = read.levels[i] ?? []
          return { organization_id: organizationId, key: `${organizationId}/${name}`, level, maximum, at_ms: read.atMs }
        })
        await saveLevels(db, rows, true, () => {})
        changed.delete(organizationId)
      }
    } catch (error) {
      for (const [organizationId, names] of changed) for (const name of names) this.change(organizationId, name)
      throw error
    }
  }
}
