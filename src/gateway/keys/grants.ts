import type { Availability } from '../../core/dependency.ts'
import type { ChangeScope, Changes } from '../../db/changed.ts'
import { isUnavailable } from '../../db/errors.ts'
import { inTime } from '../../db/in-time.ts'
import type { Db } from '../../db/tables.ts'
import type { ProjectRules } from '../rules/index.ts'
import type { ProjectIds } from '../rules/rule.ts'
import { type Grant, loadGrant, loadGrantOf } from './grant.ts'
import { type AskOthers, type KnownKey, type KnownKeys, type TakeUp, toKnown } from './known.ts'
import { loadRules, rulesFrom } from './load-rules.ts'
import { type Loaded, Remembered } from './remembered.ts'

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
  readonly #db: Db

  /** @param loaded runs before newly read rules are used; what it rejects with, the look-up rejects with */
  constructor(db: Db, changes: Changes, loaded: (rules: ProjectRules) => Promise<void>, outage: Outage) {
    this.#outage = outage
    this.#db = db
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

  /** What a project's key may do now, by its id: for what is done in its name when nobody shows it. Null for one that is not there. */
  ofKey(key: { organizationId: string; keyId: string }): Promise<Grant | null> {
    return loadGrantOf(this.#db, key, (project) => this.#rules.getLoaded(keyOf(project)))
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

  /** What is known here of keys that may serve while the database cannot be asked, for another thread. */
  known(hashes: readonly string[]): KnownKeys {
    const now = performance.now()
    const known = (hash: string): [string, KnownKey][] => {
      const here = this.#here(hash)
      const key = here && toKnown(here.grant, here.rulesAsOf, now)
      return key ? [[hash, key]] : []
    }
    return new Map(hashes.flatMap(known))
  }

  /** What was true lately, by all that is remembered in this process. */
  async #lately(hash: string): Promise<Grant | null> {
    const { others } = this.#outage
    const here = this.#here(hash)
    if (here !== null || others === null) return here?.grant.value ?? null
    await others(hash, () => this.#takingUp(hash))
    return this.#here(hash)?.grant.value ?? null
  }

  /** What was true lately by what is remembered here. Another key of the project may have had its rules read since: the youngest are everybody's. */
  #here(hash: string): { grant: Loaded<Grant>; rulesAsOf: number } | null {
    const grant = this.#grants.latelyLoaded(hash, this.#outage.servedMs)
    if (grant === null) return null
    const rules = this.#rules.latelyLoaded(keyOf(grant.value.rules), this.#outage.servedMs)
    // Those that it came with may have been dropped for want of room, and older ones taken up since.
    if (rules === null || rules.asOf < grant.asOf) return { grant, rulesAsOf: grant.asOf }
    if (rules.value === grant.value.rules) return { grant, rulesAsOf: rules.asOf }
    return { grant: { ...grant, value: { ...grant.value, rules: rules.value } }, rulesAsOf: rules.asOf }
  }

  /** The rules first, which other keys of the project share: the key has the youngest that are known here. */
  #takingUp(hash: string): TakeUp {
    const learn = { grant: this.#grants.learning(), rules: this.#rules.learning() }
    const askedAt = performance.now()
    return ({ grant, rules: { value, ageMs } }) => {
      const { project, source } = value
      const key = keyOf(project)
      const here = this.#rules.latelyLoaded(key, this.#outage.servedMs)
      const found = { value: rulesFrom(project, source, here?.value ?? null), asOf: askedAt - ageMs }
      const rules = learn.rules(key, found)
      const asOf = Math.min(askedAt - grant.ageMs, found.asOf)
      if (rules) learn.grant(hash, { value: { ...grant.value, rules }, asOf })
    }
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
