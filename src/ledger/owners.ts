import { Bounded } from '../core/bounded.ts'
import { isResponseId } from '../core/id.ts'
import type { Log } from '../core/log.ts'
import { batches } from '../db/batches.ts'
import type { Db, Row } from '../db/tables.ts'
import type { Beat, Writer } from './beat.ts'

/** Owners kept in memory, beyond those that are not written yet. */
const KEPT = 10_000
/** Most that wait to be written: beyond, a response gets no owner, so that nobody can ask for it again. */
const MOST_WAITING = 50_000
const DAY = 86_400

/** Whose a response is, and which upstream keeps it. */
export type Owner = { organizationId: string; projectId: string; upstream: string }

export type OwnersParts = {
  /** Where a request waits for the answer: the main database. */
  read: Db
  /** The gate's own. */
  write: Db
  beat: Pick<Beat, 'wake'>
  log: Pick<Log, 'error'>
  /** Milliseconds since the epoch. */
  now: () => number
  /** How many days a response is its owner's. */
  days: number
}

/**
 * Whose the responses are that model servers keep: only the project that created one may ask for it or go on from it. A claim
 * holds on this node at once, and on others when it is written, half a second later. The first claim of an id is the one that counts.
 */
export class ResponseOwners implements Writer {
  readonly what = 'owners of responses'
  readonly kept = true
  readonly #parts: OwnersParts
  /** Not in the database yet. */
  readonly #waiting = new Map<string, Row<'response_owner'>>()
  /** The latest ones that are. */
  readonly #known = new Bounded<string, Row<'response_owner'>>(KEPT)
  #told = false

  constructor(parts: OwnersParts) {
    this.#parts = parts
  }

  get waiting(): boolean {
    return this.#waiting.size > 0
  }

  /** Makes a response its creator's. Never throws and never waits. */
  claim(responseId: string, { organizationId, projectId, upstream }: Owner): void {
    if (!isResponseId(responseId) || this.#waiting.has(responseId) || this.#known.has(responseId)) return
    if (this.#waiting.size >= MOST_WAITING) {
      this.#lose()
      return
    }
    const expires_at = this.#now() + this.#parts.days * DAY
    const row = {
      response_id: responseId,
      organization_id: organizationId,
      project_id: projectId,
      upstream,
      expires_at,
    }
    this.#waiting.set(responseId, row)
    this.#parts.beat.wake()
  }

  /** Whose a response is: from memory, else with one read. Null for one that nobody owns, or whose time is over. */
  async find(responseId: string): Promise<Owner | null> {
    if (!isResponseId(responseId)) return null
    const row = this.#waiting.get(responseId) ?? this.#known.get(responseId) ?? (await this.#read(responseId))
    if (!row || row.expires_at <= this.#now()) return null
    return { organizationId: row.organization_id, projectId: row.project_id, upstream: row.upstream }
  }

  /** Writes the claims that wait. @throws what the database does; they then wait on */
  async write(): Promise<void> {
    for (const rows of batches([...this.#waiting.values()])) await this.#insert(rows)
    this.#told = false
  }

  async #insert(rows: Row<'response_owner'>[]): Promise<void> {
    // In one order, so that two nodes with the same ids cannot deadlock.
    rows.sort((a, b) => (a.response_id < b.response_id ? -1 : 1))
    const insert = this.#parts.write.insertInto('response_owner').values(rows)
    const written = await insert
      .onConflict((conflict) => conflict.column('response_id').doNothing())
      .returning('response_id')
      .execute()
    const ours = new Set(written.map((row) => row.response_id))
    for (const row of rows) {
      this.#waiting.delete(row.response_id)
      // Somebody was earlier, or an attempt of ours whose end we did not hear: the database knows.
      if (ours.has(row.response_id)) this.#known.set(row.response_id, row)
    }
  }

  async #read(responseId: string): Promise<Row<'response_owner'> | undefined> {
    const { read } = this.#parts
    const row = await read
      .selectFrom('response_owner')
      .selectAll()
      .where('response_id', '=', responseId)
      .executeTakeFirst()
    if (row) this.#known.set(row.response_id, row)
    return row
  }

  #now = () => Math.floor(this.#parts.now() / 1000)

  #lose() {
    if (this.#told) return
    this.#told = true
    const fields = { waiting: this.#waiting.size }
    this.#parts.log.error(
      fields,
      'responses get no owner, so nobody can ask for them again: too many wait to be written',
    )
  }
}
