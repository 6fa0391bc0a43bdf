import type { Redis } from '../../../redis/connection.ts'
import { ASKING, Asking } from './epoch.ts'
import type { Joining } from './joining.ts'
import { Keys } from './keys.ts'
import { scriptsFor } from './scripts.ts'
import type { Source } from './source.ts'

/** What is asked of Redis by one that counts nothing itself: the levels of days, to be saved. */
export function readingOf(redis: Redis, prefix: string, source: Source): (organizationId: string) => Joining {
  const { join: script } = scriptsFor(redis)
  const keys = new Keys(prefix, redis.isCluster)
  const shared = { current: '' }
  const askings = new Map<string, Asking>()
  return (organizationId) => {
    const epoch = redis.isCluster ? { current: '' } : shared
    const asking = askings.get(organizationId) ?? new Asking(keys.of(organizationId), epoch, ASKING)
    askings.set(organizationId, asking)
    // It holds and spends nothing that could be told under its names.
    return { script, asking, source, lease: source.writer, teller: source.writer }
  }
}
