import { archived } from './archived.ts'
import { authorities } from './authorities.ts'
import { disabledTools } from './disabled-tools.ts'
import { limits } from './limits.ts'
import { models } from './models.ts'
import type { ProjectIds } from './rule.ts'
import { spendLimits } from './spend-limits.ts'
import type { SettingColumn, Source, Stored } from './stored.ts'
import { storesNothing } from './stores-nothing.ts'
import { tier } from './tier.ts'

/**
 * Every rule of a project, in the order in which those of one step are asked. A setting is enforced here or nowhere: what the
 * rules are decoded to is made from this list, and a stored column that no rule reads does not compile.
 */
export const rules = {
  archived,
  authorities,
  models,
  disabledTools,
  tier,
  storesNothing,
  limits,
  spendLimits,
}

type Rules = typeof rules
type Field = keyof Rules
type Value<K extends Field> = ReturnType<Rules[K]['read']>

/** What holds for every key of a project: decoded once when it is loaded, and shared by the grants of its keys. */
export type ProjectRules = Readonly<ProjectIds & { [K in Field]: Value<K> }>

/** What is stored and no rule reads: there must be nothing. */
type Unread = Exclude<Source, Rules[Field]['reads'][number]>
const allRead: [Unread] extends [never] ? true : { 'stored, and read by no rule': Unread } = true

/** All that the rules read. */
export const sources: readonly Source[] =
  allRead && Object.values(rules).flatMap(({ reads }): readonly Source[] => reads)

/** The columns of the settings among them. */
export const settingColumns = sources.filter((source): source is SettingColumn => source.includes('.'))

/** Decodes what is stored for a project. */
export function decodeRules(project: ProjectIds, stored: Stored): ProjectRules {
  const values = Object.entries(rules).map(([field, { read }]) => [field, read(stored)])
  // The fields of the list, each with what its own rule reads.
  return { ...project, ...Object.fromEntries(values) } as ProjectRules
}
