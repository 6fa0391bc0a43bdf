import type { ProjectIds } from '../rules/rule.ts'
import type { Grant } from './grant.ts'
import { sourceOf } from './load-rules.ts'
import type { Loaded } from './remembered.ts'

/** For how long something had been known when it was asked for, in milliseconds: each thread has a clock of its own. */
export type Aged<T> = { value: T; ageMs: number }

/** What one thread knows of a key, as it crosses to another. The rules of its project, as what they are decoded from, may be younger than it. */
export type KnownKey = {
  grant: Aged<Omit<Grant, 'rules'>>
  rules: Aged<{ project: ProjectIds; source: string }>
}

/** Those of the keys asked about that are known, by their hashes. */
export type KnownKeys = ReadonlyMap<string, KnownKey>

/** Takes up what another thread knows of a key. */
export type TakeUp = (known: KnownKey) => void

/**
 * Asks all others that remember keys for one, by its hash. What another knows is had in no other way than by what `begin` returned
 * before they were asked: who asks meanwhile shares the question, and an answer may be from before a change that this one has heard of.
 * Resolves when what is known is taken up, or nobody knows it.
 * @param begin called where they are asked, and not where a question is shared
 */
export type AskOthers = (hash: string, begin: () => TakeUp) => Promise<void>

/** @param rulesAsOf since when its rules were known @param now on the clock of what was loaded */
export function toKnown({ value, asOf }: Loaded<Grant>, rulesAsOf: number, now: number): KnownKey | null {
  const { rules, ...grant } = value
  const source = sourceOf(rules)
  if (source === null) return null
  const { organizationId, projectId } = rules
  return {
    grant: { value: grant, ageMs: now - asOf },
    rules: { value: { project: { organizationId, projectId }, source }, ageMs: now - rulesAsOf },
  }
}
