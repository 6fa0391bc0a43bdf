import type { Db } from './tables.ts'

const EVERY_MS = 2000
const BATCH = 200

type Use = { table: 'admin_api_key' | 'project_api_key'; userId: string | null; at: number }

/**
 * When keys were last used, written in batches: a write for every request would cost more than the request.
 * What is not written yet is lost by a crash, at most two seconds of it.
 */
export class LastUsed {
  readonly #db: Db
  readonly #failed: (error: unknown) => void
  #pending = new Map<string, Use>()
  #writing: Promise<void> = Promise.resolve()
  readonly #timer: NodeJS.Timeout

  /** @param failed told when a batch could not be written; the next one tries again */
  constructor(db: Db, failed: (error: unknown) => void) {
    this.#db = db
    this.#failed = failed
    this.#timer = setInterval(() => void this.flush(), EVERY_MS)
    this.#timer.unref()
  }

  /** Remembers a use. @param at Unix seconds */
  touch(table: Use['table'], keyId: string, userId: string | null, at: number): void {
    const known = this.#pending.get(keyId)
    if (known) known.at = at
    else this.#pending.set(keyId, { table, userId, at })
  }

  /** Writes what is pending; returns when it is in the database. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(() => this.#write())
    return this.#writing
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
  }

  async #write(): Promise<void> {
    const uses = [...this.#pending]
    this.#pending = new Map()
    for (let i = 0; i < uses.length; i += BATCH) {
      const batch = uses.slice(i, i + BATCH)
      try {
        await this.#writeBatch(batch)
      } catch (error) {
        for (const [keyId, use] of batch) if (!this.#pending.has(keyId)) this.#pending.set(keyId, use)
        this.#failed(error)
      }
    }
  }

  /** One short transaction. In the order of the ids, so that two nodes writing the same keys cannot deadlock. */
  #writeBatch(batch: [string, Use][]): Promise<void> {
    const users = new Map<string, number>()
    for (const [, { userId, at }] of batch) if (userId) users.set(userId, Math.max(at, users.get(userId) ?? 0))
    const byId = <T>(entries: Iterable<[string, T]>) => [...entries].sort(([a], [b]) => (a < b ? -1 : 1))
    return this.#db.transaction().execute(async (tx) => {
      for (const [id, { table, at }] of byId(batch)) {
        await tx.updateTable(table).set({ last_used_at: at }).where('id', '=', id).execute()
      }
      for (const [id, at] of byId(users)) {
        await tx.updateTable('organization_user').set({ api_key_last_used_at: at }).where('id', '=', id).execute()
      }
    })
  }
}
