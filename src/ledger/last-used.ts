import { recordLastUsed, type Used } from '../db/last-used.ts'
import type { Db } from '../db/tables.ts'
import { inTransaction } from '../db/transaction.ts'
import type { Beat, Writer } from './beat.ts'

const BATCH = 200

/** A key or a session that was used, and the owner where that is a user who is noted to have used a key. */
export type UsedKey = { organizationId: string; keyId: string; userId: string | null }

/** Of which table the key is, and when it was used last, in Unix seconds. */
export type Use = Omit<UsedKey, 'keyId'> & { table: 'admin_api_key' | 'project_api_key' | 'session'; at: number }

/**
 * When keys and sessions were last used, written in batches: a write for every request would cost more than the request.
 * What is not written yet is lost by a crash, at most two seconds of it.
 */
export class LastUsed implements Writer {
  readonly what = 'when keys were last used'
  readonly everyMs = 2000
  readonly kept = false
  readonly #db: Db
  readonly #beat: Pick<Beat, 'wake'>
  #pending = new Map<string, Use>()

  constructor(db: Db, beat: Pick<Beat, 'wake'>) {
    this.#db = db
    this.#beat = beat
  }

  get waiting(): boolean {
    return this.#pending.size > 0
  }

  /** Remembers a use. @param at Unix seconds */
  touch(table: Use['table'], { organizationId, keyId, userId }: UsedKey, at: number): void {
    const known = this.#pending.get(keyId)
    // Of several threads one may be a moment behind.
    if (known) known.at = Math.max(known.at, at)
    else this.#pending.set(keyId, { table, organizationId, userId, at })
    this.#beat.wake()
  }

  /** Writes what is pending, in short transactions. @throws what the database does; the rest is then pending still */
  async write(): Promise<void> {
    const uses = [...this.#pending]
    this.#pending = new Map()
    for (let i = 0; i < uses.length; i += BATCH) {
      try {
        await this.#writeBatch(uses.slice(i, i + BATCH))
      } catch (error) {
        for (const [keyId, use] of uses.slice(i)) if (!this.#pending.has(keyId)) this.#pending.set(keyId, use)
        throw error
      }
    }
  }

  #writeBatch(batch: [string, Use][]): Promise<void> {
    const users = new Map<string, Used>()
    for (const [, { organizationId, userId, at }] of batch) {
      if (userId) users.set(userId, { organizationId, id: userId, at: Math.max(at, users.get(userId)?.at ?? 0) })
    }
    return inTransaction(this.#db, async (tx) => {
      for (const table of ['admin_api_key', 'project_api_key', 'session'] as const) {
        const keys = batch.filter(([, use]) => use.table === table)
        await recordLastUsed(
          tx,
          table,
          keys.map(([id, { organizationId, at }]) => ({ organizationId, id, at })),
        )
      }
      await recordLastUsed(tx, 'organization_user', [...users.values()])
    })
  }
}
