import { randomBytes } from 'node:crypto'
import { OWN_UPSTREAM } from '../../core/offer.ts'
import { isOwnedId } from '../../core/owned.ts'
import { type BatchChange, type BatchRow, changeBatch } from '../../db/batch.ts'
import { isObject } from '../body/fields.ts'
import { atUpstreams } from '../routes/batches.ts'
import { invalidReply } from '../upstreams/failures.ts'
import { askFor } from './asking.ts'
import { isOverdue, type Life, secondsOf } from './ending.ts'

/*
 * A copy is there as soon as its upstream has read it, and known here when that has said so. What lies between, a server that is killed or a connection
 * that breaks, is gone through again by the copy's name, which is noted before and which nobody else knows: so no file that somebody has called like
 * it is ever taken for it.
 */

/** A copy whose upload has begun. @property at Unix seconds */
export type Copying = { upstream: string; filename: string; at: number }

/** A copy that is there. @property id of the file */
type Copy = { upstream: string; id: string }

/** Pages of the account's files in which one is looked for, and seconds that an upstream's clock may be behind ours. */
const MOST_PAGES = 20
const BEHIND = 3600
/** What an upstream answers that has no such list. */
const NO_LIST: ReadonlySet<number> = new Set([400, 404, 405])
/** Seconds behind a batch's window after which its copy is tried to be deleted no more. */
const CLEANED_WITHIN = 7 * 86_400

/** A copy that is uploaded next, to be noted before. */
export const newCopying = (life: Life, { id }: Pick<BatchRow, 'id'>, upstream: string): Copying => ({
  upstream,
  filename: `${id}-${randomBytes(16).toString('hex')}.jsonl`,
  at: secondsOf(life.gate),
})

export const writeCopying = (copying: Copying): string => JSON.stringify(copying)
const readCopying = (copying: string): Copying => JSON.parse(copying)

/** What stands in the row of a batch whose copy is known to be there. */
export const copied = ({ upstream, id: upstream_file_id }: Copy): BatchChange => ({
  ...{ upstream, upstream_file_id, copying: null },
  runner: upstream === OWN_UPSTREAM ? 'gatehouse' : 'upstream',
})

/**
 * Looks for the copy of one whose upload has begun and of which nobody has heard.
 * @returns the batch with the copy, or with none; null where somebody has moved it on
 * @throws ApiError where its upstream cannot be asked
 */
export async function takeUpCopy(life: Life, batch: BatchRow): Promise<BatchRow | null> {
  const found = await findCopy(life, batch)
  const change = found === null ? { copying: null } : copied(found)
  return changeBatch(life.gate.db.write, batch, change)
}

/**
 * Where the copy of one is whose upload has begun; null where there is none. Of files that the gate keeps itself there is no list that anybody could
 * look through: one of which nobody has heard expires there.
 * @throws ApiError where its upstream cannot be asked
 */
async function findCopy({ gate, signal }: Life, { id: batch, copying }: BatchRow): Promise<Copy | null> {
  if (copying === null) return null
  const { upstream, filename, at } = readCopying(copying)
  if (upstream === OWN_UPSTREAM || !gate.upstreams.names.includes(upstream)) return null
  let after = ''
  for (let page = 0; page < MOST_PAGES; page++) {
    const path = `${atUpstreams.files}?purpose=batch&limit=100&order=desc${after}`
    const { status, object } = await askFor(gate, { method: 'GET', path, upstream, signal })
    if (NO_LIST.has(status)) return null
    if (status >= 300 || !Array.isArray(object?.data)) throw invalidReply(new Error('no list of files'))
    const files = object.data.filter(isObject)
    const found = files.find((file) => file.filename === filename)
    if (typeof found?.id === 'string' && isOwnedId(found.id)) return { upstream, id: found.id }
    const last = files.at(-1)
    const isOlder = typeof last?.created_at === 'number' && last.created_at < at - BEHIND
    if (object.has_more !== true || isOlder || typeof last?.id !== 'string' || !isOwnedId(last.id)) return null
    after = `&after=${last.id}`
  }
  const why =
    'the copy of the lines of a batch is not among the newest files of its upstream: one that was made stays there'
  gate.log.warn({ batch, upstream, file: filename }, why)
  return null
}

/** Deletes the copy of the lines of one that has ended. @throws ApiError where its upstream cannot be asked */
export async function cleanUp(life: Life, batch: BatchRow): Promise<void> {
  const { gate } = life
  const { id, upstream, upstream_file_id: copy, copying } = batch
  if (isOverdue(gate, batch, CLEANED_WITHIN))
    gate.log.warn(
      { batch: id, upstream, file: copy, copying },
      'the copy of the lines of a batch could not be deleted: it stays there',
    )
  else {
    const left = upstream === null || copy === null ? await findCopy(life, batch) : { upstream, id: copy }
    if (left !== null) await deleteCopy(life, left)
  }
  await changeBatch(gate.db.write, batch, { upstream_file_id: null, copying: null, due_at: null })
}

/** @throws ApiError, or an error, where it may still be there */
export async function deleteCopy({ gate, signal }: Life, { upstream, id }: Copy): Promise<void> {
  const { status } = await askFor(gate, { method: 'DELETE', path: `${atUpstreams.files}/${id}`, upstream, signal })
  if (status >= 300 && status !== 404) throw new Error(`the status ${status} for the end of a judged copy`)
}
