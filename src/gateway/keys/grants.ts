import type { Availability } from '../../core/dependency.ts'
import type { ChangeScope, Changes } from '../../db/changed.ts'
import { isUnavailable } from '../../db/errors.ts'
import { inTime } from '../../db/in-time.ts'
import type { Db } from '../../db/tables.ts'
import type { ProjectRules } from '../rules/index.ts'
import type { ProjectIds } from '../rules/rule.ts'
import { type Grant, loadGrant } from './grant.ts'
import { type AskOthers, fromKnown, type KnownKey, toKnown } from './known.ts'
import { loadRules } from './load-rules.ts'
import { Remembered } from './remembered.ts'

/** Most grants and rules kept; beyond, those loaded longest ago go. */
const KEPT = { grants: 250_000, rules: 50_000 }

/** How long a call whose key is known waits for the database, in milliseconds, before what was known lately serves. */
const PATIENCE_MS = 1000

export type Outage = {
  availability: Availability
  /** Milliseconds from when it was true that a grant serves while the database cannot be asked. */
  servedMs: number
  /** Null: nobody else remembers keys. */
  others: AskOthers | null
}

/** Rules are remembered under both ids, so that looking them up can ask for both. No id has a space in it. */
const keyOf = ({ organizationId, projectId }: ProjectIds) => `${organizationId} ${projectId}`

function projectOf(key: string): ProjectIds {
  const [organizationId = '', projectId = ''] = key.split(' ')
  return { organizationId, projectId }
}

/** What keys may do and what their projects rule, remembered: see `Remembered` for how long and how a change ends it. */
export class Grants {
  readonly #grants: Remembered<Grant>
  readonly #rules: Remembered<ProjectRules>
  readonly #outage: Outage

  /** @param loaded runs before newly read rules are used; what it rejects with, the look-up rejects with */
  constructor(db: Db, changes: Changes, loaded: (rules: ProjectRules) => Promise<void>, outage: Outage) {
    this.#outage = outage
    const catchUp = () => changes.catchUp()
    this.#rules = new Remembered<ProjectRules>({
      load: async (key, begunAt) => {
        const value = await loadRules(db, projectOf(key), this.#rules.last(key))
        if (value) await loaded(value)
        return value && { value, asOf: begunAt }
      },
      scopeOf: (rules) => rules,
      kept: KEPT.rules,
      catchUp,
    })
    this.#grants = new Remembered<Grant>({
      load: (hash, begunAt) => loadGrant(db, hash, begunAt, (project) => this.#rules.getLoaded(keyOf(project))),
      scopeOf: ({ rules }) => rules,
      kept: KEPT.grants,
      catchUp,
    })
    changes.subscribe((scope) => this.#invalidate(scope))
  }

  /** The grant of the key with this hash if it is fresh in memory; null for an unknown key, undefined where it must be loaded. */
  peek(hash: string): Grant | null | undefined {
    return this.#grants.peek(hash)
  }

  /** The grant of the key with this hash, or null for an unknown key. */
  get(hash: string): Promise<Grant | null> {
    return this.#grants.get(hash)
  }

  /**
   * The same for a call. While the database cannot be asked, or is too slow to be, what was true lately serves, unless a change has ended it
   * that this node has heard of.
   */
  async serve(hash: string): Promise<Grant | null> {
    const { availability } = this.#outage
    if (!availability.isThere) {
      const lately = await this.#lately(hash)
      if (lately !== null) return lately
    }
    const asked = this.#grants.get(hash)
    try {
      return await inTime(PATIENCE_MS, asked)
    } catch (error) {
      if (!isUnavailable(error)) throw error
      availability.doubt()
      return (await this.#lately(hash)) ?? asked
    }
  }

  /** What is known here of a key that may serve while the database cannot be asked, for another thread. */
  known(hash: string): KnownKey | null {
    const lately = this.#grants.latelyLoaded(hash, this.#outage.servedMs)
    return lately && toKnown(lately, performance.now())
  }

  /** What was true lately, by all that is remembered in this process. */
  async #lately(hash: string): Promise<Grant | null> {
    const { servedMs, others } = this.#outage
    const here = this.#grants.lately(hash, servedMs)
    if (here !== null || others === null) return here
    await this.#grants.learn(hash, async () => {
      const askedAt = performance.now()
      const known = await others(hash)
      return known && fromKnown(known, askedAt, this.#rules.last(keyOf(known.project)))
    })
    return this.#grants.lately(hash, servedMs)
  }

  /** The grant that was loaded last for this hash, however old; null where a change has ended it. */
  last(hash: string): Grant | null {
    return this.#grants.last(hash)
  }

  /** Forgets an organization's grants and rules, or those of one of its projects; null: all, for changes nobody saw. */
  #invalidate(scope: ChangeScope | null): void {
    this.#rules.invalidate(scope)
    this.#grants.invalidate(scope)
  }
}
