import type { AuditActor, Origin } from '../core/audit.ts'
import type { NewId } from '../core/id.ts'
import { type AuditEntry, insertAudit } from '../db/audit.ts'
import type { Db } from '../db/tables.ts'
import { within } from './within.ts'

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
/** Refusals of one organization in a minute, at most: nobody's keys crowd out what others are to know. */
const REMEMBERED = 1000
/** Rows in one statement, at most. */
const BATCH = 100
const CLOSING_MS = 2000

/** A row on its way, and how it is forgotten that it was. */
type Waiting = { entry: AuditEntry; forget: () => void }

/**
 * Writes refused calls of known keys to the audit log as `login.failed`: at most one for each key, operation and minute,
 * so that a client in a loop cannot fill the disk. They are written one batch after the other: while the database is away they
 * must not queue in front of what is counted.
 */
export class Refusals {
  readonly #db: Db
  readonly #newId: NewId
  #minute = 0
  /** By organization. */
  readonly #seen = new Map<string, Set<string>>()
  #waiting: Waiting[] = []
  #writing: Promise<void> | null = null

  constructor(db: Db, newId: NewId) {
    this.#db = db
    this.#newId = newId
  }

  /** Whether such a refusal would be written: the cheap question before the facts are gathered. @param now Unix seconds */
  isNews({ organizationId, by, operation }: Repeatable, now: number): boolean {
    const minute = Math.floor(now / MINUTE)
    if (minute !== this.#minute) this.#seen.clear()
    this.#minute = minute
    const seen = this.#seen.get(organizationId)
    return !seen || (seen.size < REMEMBERED && !seen.has(repetition(by, operation)))
  }

  /** Resolves when it is written, or when it is none to be written. @param now Unix seconds */
  async record(refusal: Refusal, now: number): Promise<void> {
    if (!this.isNews(refusal, now)) return
    const repeated = repetition(refusal.by, refusal.operation)
    const seen = this.#seen.get(refusal.organizationId) ?? new Set()
    this.#seen.set(refusal.organizationId, seen.add(repeated))
    const { organizationId, projectId, actor, origin } = refusal
    const payload = { id: refusal.by, error_code: refusal.code, error_message: refusal.message }
    const entry = { organizationId, projectId, type: 'login.failed' as const, at: now, actor, origin, payload }
    this.#waiting.push({ entry: { id: this.#newId('audit'), ...entry }, forget: () => seen.delete(repeated) })
    this.#writing ??= this.#write()
    await this.#writing
  }

  /** Waits for what is on its way, for two seconds at most. */
  async close(): Promise<void> {
    await within(
      CLOSING_MS,
      (this.#writing ?? Promise.resolve()).catch(() => {}),
    )
  }

  async #write(): Promise<void> {
    let batch: Waiting[] = []
    try {
      while (this.#waiting.length > 0) {
        batch = this.#waiting.splice(0, BATCH)
        const entries = batch.map(({ entry }) => entry)
        await insertAudit(this.#db, entries)
      }
    } catch (error) {
      // What was not written is not known yet: the next one like it is to be.
      for (const { forget } of [...batch, ...this.#waiting]) forget()
      this.#waiting = []
      throw error
    } finally {
      // In the step in which nothing was left: what comes next begins a write of its own.
      this.#writing = null
    }
  }
}

const repetition = (by: string, operation: string) => `${by} ${operation}`
