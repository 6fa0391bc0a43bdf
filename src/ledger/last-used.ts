import type { Db } from '../db/tables.ts'
import { within } from './within.ts'

const EVERY_MS = 2000
const BATCH = 200
const CLOSING_MS = 2000

/** A key that was used, and its owner where that is a user. */
export type UsedKey = { organizationId: string; keyId: string; userId: string | null }

type Use = Omit<UsedKey, 'keyId'> & { table: 'admin_api_key' | 'project_api_key'; at: number }

/**
 * When keys were last used, written in batches: a write for every request would cost more than the request.
 * What is not written yet is lost by a crash, at most two seconds of it.
 */
export class LastUsed {
  readonly #db: Db
  readonly #attempt: (write: () => Promise<void>) => Promise<boolean>
  #pending = new Map<string, Use>()
  #writing: Promise<void> = Promise.resolve()
  #busy = false
  readonly #timer: NodeJS.Timeout

  /** @param attempt makes an attempt at writing and says whether it succeeded; what failed is tried again */
  constructor(db: Db, attempt: (write: () => Promise<void>) => Promise<boolean>) {
    this.#db = db
    this.#attempt = attempt
    this.#timer = setInterval(() => {
      // While one waits for a locked database, others need not wait behind it.
      if (!this.#busy) void this.flush()
    }, EVERY_MS)
    this.#timer.unref()
  }

  /** Remembers a use. @param at Unix seconds */
  touch(table: Use['table'], { organizationId, keyId, userId }: UsedKey, at: number): void {
    const known = this.#pending.get(keyId)
    if (known) known.at = at
    else this.#pending.set(keyId, { table, organizationId, userId, at })
  }

  /** Writes what is pending; returns when it is in the database. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  /** Writes what is pending, or gives up after two seconds: it is worth no more of a shutdown's time. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await within(CLOSING_MS, this.flush())
  }

  async #write(): Promise<void> {
    this.#busy = true
    const uses = [...this.#pending]
    this.#pending = new Map()
    for (let i = 0; i < uses.length; i += BATCH) {
      const batch = uses.slice(i, i + BATCH)
      if (await this.#attempt(() => this.#writeBatch(batch))) continue
      // Nor would the others be taken: it is not asked to find that out by waiting.
      for (const [keyId, use] of uses.slice(i)) if (!this.#pending.has(keyId)) this.#pending.set(keyId, use)
      break
    }
    this.#busy = false
  }

  /** One short transaction. In the order of the ids, so that two nodes writing the same keys cannot deadlock. */
  #writeBatch(batch: [string, Use][]): Promise<void> {
    const users = new Map<string, Pick<Use, 'organizationId' | 'at'>>()
    for (const [, { organizationId, userId, at }] of batch) {
      if (userId) users.set(userId, { organizationId, at: Math.max(at, users.get(userId)?.at ?? 0) })
    }
    const byId = <T>(entries: Iterable<[string, T]>) => [...entries].sort(([a], [b]) => (a < b ? -1 : 1))
    return this.#db.transaction().execute(async (tx) => {
      for (const [id, { table, organizationId, at }] of byId(batch)) {
        const key = tx.updateTable(table).where('organization_id', '=', organizationId).where('id', '=', id)
        await key.set({ last_used_at: at }).execute()
      }
      for (const [id, { organizationId, at }] of byId(users)) {
        const user = tx.updateTable('organization_user').where('organization_id', '=', organizationId)
        await user.where('id', '=', id).set({ api_key_last_used_at: at }).execute()
      }
    })
  }
}
