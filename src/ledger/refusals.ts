import type { AuditActor, Origin } from '../core/audit.ts'
import type { NewId } from '../core/id.ts'
import { type AuditEntry, idsAfterNewest, insertAudit } from '../db/audit.ts'
import { lockOrganization } from '../db/lock.ts'
import type { Db } from '../db/tables.ts'
import { inTransaction } from '../db/transaction.ts'
import type { Beat, Writer } from './beat.ts'
import { type Repeatable, SeenRefusals } from './refusals-seen.ts'

/** A call that somebody who is known made in vain. */
export type Refusal = {
  organizationId: string
  projectId: string
  /** The id of what it was made with: a key, or the user of a session. */
  by: string
  actor: AuditActor
  origin: Origin
  /** What it is in the log: where somebody would sign out, another than everywhere else. */
  type?: 'login.failed' | 'logout.failed'
  /** The operation's name; together with who called it says what a refusal repeats. */
  operation: string
  code: string
  message: string
}

/** Rows in one transaction, at most. */
const BATCH = 100

/** A row on its way, how it is forgotten that it was, and who waits for it. */
type Waiting = { entry: Omit<AuditEntry, 'id'>; forget: () => void; written: PromiseWithResolvers<void> }

/**
 * Writes refused calls of known keys to the audit log as `login.failed`: at most one for each key, operation and minute, and
 * ten for a key, so that a client in a loop cannot fill the disk. They are written at once, since an answer may wait for it, but one batch after
 * the other: while the database is away they must not queue in front of what is counted.
 */
export class Refusals implements Writer {
  readonly what = 'refused calls'
  readonly kept = false
  readonly #db: Db
  readonly #newId: NewId
  readonly #beat: Pick<Beat, 'urge'>
  readonly #seen = new SeenRefusals()
  #waiting: Waiting[] = []

  constructor(db: Db, newId: NewId, beat: Pick<Beat, 'urge'>) {
    this.#db = db
    this.#newId = newId
    this.#beat = beat
  }

  get waiting(): boolean {
    return this.#waiting.length > 0
  }

  /** Whether such a refusal would be written: the cheap question before the facts are gathered. @param now Unix seconds */
  isNews(refusal: Repeatable, now: number): boolean {
    return this.#seen.isNews(refusal, now)
  }

  /** Resolves when it is written, or when it is none to be written. @param now Unix seconds */
  async record(refusal: Refusal, now: number): Promise<void> {
    if (!this.isNews(refusal, now)) return
    const forget = this.#seen.remember(refusal)
    const { organizationId, projectId, actor, origin, type = 'login.failed' } = refusal
    const payload = { id: refusal.by, error_code: refusal.code, error_message: refusal.message }
    const entry = { organizationId, projectId, type, actor, origin, payload }
    const written = Promise.withResolvers<void>()
    this.#waiting.push({ entry, forget, written })
    this.#beat.urge(this)
    await written.promise
  }

  /** Writes what waits, and what comes meanwhile. A failure is told to those who wait for it; nothing is kept of it. */
  async write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#takeBatch()
      try {
        await this.#insert(batch.map(({ entry }) => entry))
      } catch (error) {
        // What was not written is not known yet: the next one like it is to be.
        for (const { forget, written } of [...batch, ...this.#waiting.splice(0)]) {
          forget()
          written.reject(error)
        }
        return
      }
      for (const { written } of batch) written.resolve()
    }
  }

  /** The next ones of one organization. */
  #takeBatch(): Waiting[] {
    const organizationId = this.#waiting[0]?.entry.organizationId
    const end = this.#waiting.findIndex(({ entry }) => entry.organizationId !== organizationId)
    return this.#waiting.splice(0, end < 0 ? BATCH : Math.min(end, BATCH))
  }

  /** Their ids are made where they are written: one made before could come before what is written meanwhile. */
  async #insert(entries: readonly Omit<AuditEntry, 'id'>[]): Promise<void> {
    const [first] = entries
    if (!first) return
    await inTransaction(this.#db, async (tx) => {
      await lockOrganization(tx, first.organizationId)
      const ids = await idsAfterNewest(tx, first.organizationId, this.#newId)
      await insertAudit(
        tx,
        entries.map((entry) => ({ id: ids('audit'), ...entry })),
      )
    })
  }
}
