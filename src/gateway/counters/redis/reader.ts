import type { Redis } from '../../../redis/connection.ts'
import { ASKING, Asking, Epoch } from './epoch.ts'
import type { Joining } from './joining.ts'
import { Keys } from './keys.ts'
import { scriptsFor } from './scripts.ts'
import type { Source } from './source.ts'

/** What is asked of Redis by one that counts nothing itself: the levels of days, to be saved. */
export function readingOf(redis: Redis, prefix: string, source: Source): (organizationId: string) => Joining {
  const { join: script } = scriptsFor(redis)
  const keys = new Keys(prefix, redis.isCluster)
  const shared = new Epoch(redis)
  const askings = new Map<string, Asking>()
  return (organizationId) => {
    const epoch = redis.isCluster ? new Epoch(redis) : shared
    const asking = askings.get(organizationId) ?? new Asking(keys.of(organizationId), epoch, ASKING)
    askings.set(organizationId, asking)
    // It holds nothing that could be told under its name.
    return { script, asking, source, lease: source.writer }
  }
}
