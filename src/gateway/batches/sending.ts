import { OWN_UPSTREAM } from '../../core/offer.ts'
import { isOwnedId } from '../../core/owned.ts'
import { type BatchRow, changeBatch, noteBatch } from '../../db/batch.ts'
import { isObject, type JsonObject } from '../body/fields.ts'
import { atUpstreams } from '../routes/batches.ts'
import { invalidReply } from '../upstreams/failures.ts'
import { askFor } from './asking.ts'
import { ASK_AGAIN_MS, end, fail, type Life, secondsOf } from './ending.ts'
import { apply } from './polling.ts'
import { saidBy } from './words.ts'

/** Pages of the account's batches in which one is looked for, and seconds that an upstream's clock may be behind ours. */
const MOST_PAGES = 100
const BEHIND = 3600

/** Has the upstream make a batch of its judged copy: the row says so before it is asked. */
export async function send(life: Life, batch: BatchRow): Promise<void> {
  const sent = await changeBatch(life.gate.db.write, batch, { sent_at: secondsOf(life.gate) })
  if (sent !== null) await post(life, sent)
}

/** Nobody has heard what became of it: it was made, and is known by its copy, which is its alone; or it was not. */
export async function sendAgain(life: Life, batch: BatchRow): Promise<void> {
  const made = await findMade(life, batch)
  if (made !== null) return begin(life, batch, made)
  // The gate itself makes one of each copy and tells of it again: what it has done by now is to be settled.
  if (batch.status === 'cancelling' && batch.upstream !== OWN_UPSTREAM) return end(life, batch, 'cancelled', {})
  return post(life, batch)
}

async function post(life: Life, batch: BatchRow): Promise<void> {
  const { upstream_file_id, endpoint, completion_window, output_expires_after: seconds } = batch
  const wanted = {
    ...{ input_file_id: upstream_file_id, endpoint, completion_window },
    ...(batch.upstream === OWN_UPSTREAM && { metadata: ownerOf(batch) }),
    ...(seconds !== null && { output_expires_after: { anchor: 'created_at', seconds } }),
  }
  const body = Buffer.from(JSON.stringify(wanted))
  const { gate, signal } = life
  const { status, object } = await askFor(gate, {
    ...{ method: 'POST', path: atUpstreams.batches, upstream: batch.upstream ?? '', signal },
    body,
  })
  if (status >= 400 && status < 500) return fail(life, batch, [saidBy(batch, object)])
  if (status >= 300 || object === null) throw invalidReply(new Error(`the status ${status} for a batch`))
  return begin(life, batch, object)
}

/** By which the gate finds what it runs itself. */
const ownerOf = ({ organization_id, project_id, id: batch_id }: BatchRow) => ({ organization_id, project_id, batch_id })

/** An upstream has made it. Its end may have been asked for meanwhile: that is done when it is asked how it stands. */
async function begin(life: Life, batch: BatchRow, made: JsonObject): Promise<void> {
  const { gate } = life
  const { id } = made
  if (typeof id !== 'string' || !isOwnedId(id)) throw invalidReply(new Error('a batch without an id'))
  await noteBatch(gate.db.write, batch, { upstream_batch_id: id, due_at: gate.now() + ASK_AGAIN_MS })
  await apply(life, { ...batch, upstream_batch_id: id }, made)
  // Its end was asked for before anybody knew of it: that is said at once.
  if (batch.status === 'cancelling') await noteBatch(gate.db.write, batch, { due_at: gate.now() })
}

async function findMade(
  { gate, signal }: Life,
  { upstream, upstream_file_id, sent_at }: BatchRow,
): Promise<JsonObject | null> {
  let after = ''
  for (let page = 0; page < MOST_PAGES; page++) {
    const path = `${atUpstreams.batches}?limit=100${after}`
    const { status, object } = await askFor(gate, { method: 'GET', path, upstream: upstream ?? '', signal })
    if (status >= 300 || !Array.isArray(object?.data)) throw invalidReply(new Error('no list of batches'))
    const batches = object.data.filter(isObject)
    const made = batches.find(({ input_file_id }) => input_file_id === upstream_file_id)
    if (made !== undefined) return made
    const last = batches.at(-1)
    const isOlder = typeof last?.created_at === 'number' && last.created_at < (sent_at ?? 0) - BEHIND
    if (object.has_more !== true || isOlder || typeof last?.id !== 'string' || !isOwnedId(last.id)) return null
    after = `&after=${last.id}`
  }
  throw invalidReply(new Error('more batches than are looked through'))
}
