import type { AuditActor, Origin } from '../core/audit.ts'
import type { NewId } from '../core/id.ts'
import { insertAudit } from './audit.ts'
import type { Db } from './tables.ts'

/** A call that a known key made in vain. */
export type Refusal = {
  organizationId: string
  projectId: string
  keyId: string
  actor: AuditActor
  origin: Origin
  /** The operation's name; together with the key it says what a refusal repeats. */
  operation: string
  code: string
  message: string
}

const MINUTE = 60
const REMEMBERED = 10_000

/**
 * Writes refused calls of known keys to the audit log as `login.failed`: at most one for each key, operation and minute,
 * so that a client in a loop cannot fill the disk.
 */
export class Refusals {
  readonly #db: Db
  readonly #newId: NewId
  #minute = 0
  readonly #seen = new Set<string>()

  constructor(db: Db, newId: NewId) {
    this.#db = db
    this.#newId = newId
  }

  /** Whether such a refusal would be written: the cheap question before the facts are gathered. @param now Unix seconds */
  isNews(keyId: string, operation: string, now: number): boolean {
    const minute = Math.floor(now / MINUTE)
    if (minute !== this.#minute) this.#seen.clear()
    this.#minute = minute
    return this.#seen.size < REMEMBERED && !this.#seen.has(repetition(keyId, operation))
  }

  /** @param now Unix seconds */
  async record(refusal: Refusal, now: number): Promise<void> {
    if (!this.isNews(refusal.keyId, refusal.operation, now)) return
    const repeated = repetition(refusal.keyId, refusal.operation)
    this.#seen.add(repeated)
    const { organizationId, projectId, actor, origin } = refusal
    const payload = { id: refusal.keyId, error_code: refusal.code, error_message: refusal.message }
    const entry = { organizationId, projectId, type: 'login.failed' as const, at: now, actor, origin, payload }
    try {
      await insertAudit(this.#db, [{ id: this.#newId('audit'), ...entry }])
    } catch (error) {
      // What was not written is not known yet: the next one like it is to be.
      this.#seen.delete(repeated)
      throw error
    }
  }
}

const repetition = (keyId: string, operation: string) => `${keyId} ${operation}`
