import type { AuditActor, Origin } from '../core/audit.ts'
import type { NewId } from '../core/id.ts'
import { type AuditEntry, idsAfterNewest, insertAudit } from '../db/audit.ts'
import { lockOrganization } from '../db/lock.ts'
import type { Db } from '../db/tables.ts'
import type { Beat, Writer } from './beat.ts'

/** A call that somebody who is known made in vain. */
export type Refusal = {
  organizationId: string
  projectId: string
  /** The id of what it was made with: a key, or the user of a session. */
  by: string
  actor: AuditActor
  origin: Origin
  /** The operation's name; together with who called it says what a refusal repeats. */
  operation: string
  code: string
  message: string
}

/** What tells whether a refusal is one more of the same. */
type Repeatable = Pick<Refusal, 'organizationId' | 'by' | 'operation'>

const MINUTE = 60
/**
 * Refusals of one key in a minute, at most, whatever operations it tries: ten say that somebody tries a key out, and what else it
 * may not do is in its roles.
 */
const OF_A_KEY = 10
/** Refusals of one organization in a minute, at most: nobody's keys crowd out what others are to know. */
const OF_AN_ORGANIZATION = 1000
/** Rows in one transaction, at most. */
const BATCH = 100

/** The operations that were refused in this minute, by key, and how many they are together. */
type Seen = { byKey: Map<string, Set<string>>; count: number }

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
  #minute = 0
  /** By organization. */
  readonly #seen = new Map<string, Seen>()
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
  isNews({ organizationId, by, operation }: Repeatable, now: number): boolean {
    const minute = Math.floor(now / MINUTE)
    if (minute !== this.#minute) this.#seen.clear()
    this.#minute = minute
    const seen = this.#seen.get(organizationId)
    if (seen === undefined) return true
    const operations = seen.byKey.get(by)
    if (seen.count >= OF_AN_ORGANIZATION) return false
    return operations === undefined || (operations.size < OF_A_KEY && !operations.has(operation))
  }

  /** Resolves when it is written, or when it is none to be written. @param now Unix seconds */
  async record(refusal: Refusal, now: number): Promise<void> {
    if (!this.isNews(refusal, now)) return
    const forget = this.#remember(refusal)
    const { organizationId, projectId, actor, origin } = refusal
    const payload = { id: refusal.by, error_code: refusal.code, error_message: refusal.message }
    const entry = { organizationId, projectId, type: 'login.failed' as const, actor, origin, payload }
    const written = Promise.withResolvers<void>()
    this.#waiting.push({ entry, forget, written })
    this.#beat.urge(this)
    await written.promise
  }

  /** @returns what forgets it again */
  #remember({ organizationId, by, operation }: Repeatable): () => void {
    const seen = this.#seen.get(organizationId) ?? { byKey: new Map<string, Set<string>>(), count: 0 }
    this.#seen.set(organizationId, seen)
    const operations = seen.byKey.get(by) ?? new Set()
    seen.byKey.set(by, operations.add(operation))
    seen.count++
    return () => {
      if (operations.delete(operation)) seen.count--
    }
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
    await this.#db.transaction().execute(async (tx) => {
      await lockOrganization(tx, first.organizationId)
      const ids = await idsAfterNewest(tx, first.organizationId, this.#newId)
      await insertAudit(
        tx,
        entries.map((entry) => ({ id: ids('audit'), ...entry })),
      )
    })
  }
}
