import { groupsNotThere } from '../admin/group-claim.ts'
import type { Config } from '../config/settings.ts'
import type { Machine } from './open.ts'
import type { Tools } from './tools.ts'

/** Says at a start which groups the configuration names that are none: a claim that stands for one puts nobody anywhere. */
export async function tellOfNoGroups(
  { oidc, doors }: Pick<Config, 'oidc' | 'doors'>,
  { log }: Pick<Tools, 'log'>,
  { db }: Pick<Machine, 'db'>,
): Promise<void> {
  const named = oidc && doors.includes('console') ? [...new Set(Object.values(oidc.groups))] : []
  if (named.length === 0) return
  const groups = await groupsNotThere(db, named)
  if (groups.length > 0) log.warn({ groups }, 'console.oidc.groups names what is no group here: nobody is put into it')
}
