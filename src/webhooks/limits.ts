import type { NewId } from '../core/id.ts'
import type { Log } from '../core/log.ts'
import type { LimitReached } from '../core/webhook-asked.ts'
import type { Db } from '../db/tables.ts'
import { tellOfLimit } from '../db/webhook-told.ts'

type Parts = { db: Db; newId: NewId; now: () => number; log: Pick<Log, 'warn'> }

/** Tells of limits that calls were refused by, if anybody has an endpoint; once an hour, which the database knows. */
export function limitTeller({ db, newId, now, log }: Parts, isAnybody: () => boolean) {
  const running = new Set<Promise<void>>()
  return {
    limited({ organizationId, projectId, code, message }: LimitReached) {
      if (!isAnybody()) return
      const type = code === 'rate_limit_exceeded' ? 'rate_limit.reached' : 'spend_limit.reached'
      const data = { project_id: projectId, code, message }
      const telling = tellOfLimit({ db, newId, organizationId }, type, data, now())
        .catch((err: unknown) => log.warn({ err }, 'a limit that was reached could not be told of'))
        .finally(() => running.delete(telling))
      running.add(telling)
    },
    /** Resolves when all is written. */
    over: async () => void (await Promise.all(running)),
  }
}
