import type { ProjectRules } from '../rules/index.ts'
import type { ProjectIds } from '../rules/rule.ts'
import type { Grant } from './grant.ts'
import { rulesFrom, sourceOf } from './load-rules.ts'
import type { Loaded } from './remembered.ts'

/** What one thread knows of a key, as it crosses to another. */
export type KnownKey = {
  grant: Omit<Grant, 'rules'>
  project: ProjectIds
  /** What the rules are decoded from. */
  source: string
  /** For how long it was known when it was asked for, in milliseconds. */
  ageMs: number
}

/** Asks all others that remember keys for one, by its hash; null where none knows it. Never rejects. */
export type AskOthers = (hash: string) => Promise<KnownKey | null>

/** @param now on the clock of what was loaded */
export function toKnown({ value, asOf }: Loaded<Grant>, now: number): KnownKey | null {
  const { rules, ...grant } = value
  const source = sourceOf(rules)
  if (source === null) return null
  const { organizationId, projectId } = rules
  return { grant, project: { organizationId, projectId }, source, ageMs: now - asOf }
}

/**
 * @param askedAt when it was asked for, on the clock of what is loaded here: it was no younger then
 * @param last the rules of its project that were known here last
 */
export function fromKnown(known: KnownKey, askedAt: number, last: ProjectRules | null): Loaded<Grant> {
  const rules = rulesFrom(known.project, known.source, last)
  return { value: { ...known.grant, rules }, asOf: askedAt - known.ageMs }
}
