import type { Job } from '../background/job.ts'
import type { NewId } from '../core/id.ts'
import type { Db } from '../db/tables.ts'
import { nextWithWebhooks, tellOfAudit, tellOfExpiring } from '../db/webhook-told.ts'

type FollowerParts = {
  /** One that can be written to. */
  db: Db
  newId: NewId
  /** Milliseconds since the epoch. */
  now: () => number
}

/** Milliseconds between two looks. */
const EVERY_MS = 1000
/** Seconds between two looks at what ends. */
const EXPIRING_EVERY = 600

/** Has what happens in an organization told that is found by looking: its audit log, and keys and certificates that end. */
export function followerJob({ db, newId, now }: FollowerParts): Job {
  const lookedAt = new Map<string, number>()
  return {
    name: 'webhooks of organizations',
    everyMs: EVERY_MS,
    async run(signal) {
      let id = await nextWithWebhooks(db, '')
      for (; id !== null && !signal.aborted; id = await nextWithWebhooks(db, id)) {
        const telling = { db, newId, organizationId: id }
        while ((await tellOfAudit(telling)) && !signal.aborted);
        const seconds = Math.floor(now() / 1000)
        if (seconds - (lookedAt.get(id) ?? 0) < EXPIRING_EVERY) continue
        while ((await tellOfExpiring(telling, seconds)) && !signal.aborted);
        lookedAt.set(id, seconds)
      }
    },
  }
}
