import { bootstrap, isLivingAdminKey } from '../admin/organization.ts'
import type { Config } from '../config/settings.ts'
import type { Machine } from './open.ts'
import type { Tools } from './tools.ts'

/** Sees to it that there is an organization. @returns its first admin key, where this start made it */
export async function createFirstKey(
  config: Pick<Config, 'adminKey'>,
  { newId, now, log }: Tools,
  { db }: Pick<Machine, 'db'>,
): Promise<string | null> {
  const seconds = Math.floor(now() / 1000)
  const firstKey = await bootstrap({ db, newId }, config.adminKey, seconds)
  if (config.adminKey !== null && firstKey === null && !(await isLivingAdminKey(db, config.adminKey, seconds))) {
    log.warn(
      'GATEHOUSE_ADMIN_KEY is no key that works here: it counts on an empty database only. `gatehouse admin-key create` makes one',
    )
  }
  return firstKey
}
