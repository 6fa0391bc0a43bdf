import { isOwnedId, type ListAsked } from '../../core/owned.ts'
import { answer } from '../answer.ts'
import { ClientGone } from '../body/receive-bytes.ts'
import type { Call } from '../call.ts'
import type { Gate } from '../gate.ts'
import { wrongValue } from '../invalid.ts'
import { notFound } from '../references.ts'
import type { Listing } from '../routes/declaration.ts'
import { invalidReply } from '../upstreams/failures.ts'
import { ask, objectIn } from './ask.ts'

/** Objects that are read of one page at once: their model servers have other work. */
const AT_ONCE = 8
/** Objects of a page, at most: whoever asks for more gets so many, is told that there is more, and goes on. */
const MOST = 1000

type Page = { asked: ListAsked; wanted: number }
type Shown = Record<string, unknown>

/**
 * Answers a list with what the project owns of a kind, each as its model server shows it now. What else shares the account is never
 * looked at. What is no more there is left out and not the project's any longer, and the next takes its place: a page is full, but the last.
 * @throws ApiError 400 for the query; 404 for what it is to go on after; what its model servers do
 */
export async function answerList(gate: Gate, call: Call, listing: Listing): Promise<null> {
  try {
    answer(call.response, 200, call.headers, await pageFor(gate, call, listing))
  } catch (error) {
    // Nobody is there to be told.
    if (!(error instanceof ClientGone)) throw error
  }
  return null
}

async function pageFor(gate: Gate, call: Call, listing: Listing): Promise<object> {
  const { rules } = call.grant
  const { asked, wanted } = pageOf(call.route.upstreamPath, listing)
  const shown: Shown[] = []
  for (let after = asked.after; ; ) {
    const found = await gate.owners.list(rules, { ...asked, after, limit: wanted - shown.length + 1 })
    if (found === null) throw notFound({ kind: asked.kind, id: asked.after ?? '', param: 'after', isIfKept: false })
    const now = found.slice(0, wanted - shown.length)
    for (const one of await readAll(gate, call, listing, now)) if (one !== null) shown.push(one)
    after = now.at(-1)?.id ?? null
    const isMore = found.length > now.length
    if (!isMore || shown.length === wanted) return pageWith(shown, isMore)
  }
}

const pageWith = (data: readonly Shown[], isMore: boolean) => ({
  object: 'list',
  data,
  first_id: data[0]?.id ?? null,
  last_id: data.at(-1)?.id ?? null,
  has_more: isMore,
})

/** In the order of their places; null for those that are not there any more. */
async function readAll(gate: Gate, call: Call, listing: Listing, places: readonly Place[]): Promise<(Shown | null)[]> {
  const read: (Shown | null)[] = []
  let next = 0
  const reader = async () => {
    for (let i = next++; i < places.length; i = next++) read[i] = await readOne(gate, call, listing, places[i] as Place)
  }
  const readers = Array.from({ length: Math.min(AT_ONCE, places.length) }, reader)
  // All have ended before the first of their failures is told, so that nothing goes on behind an answer.
  const failed = (await Promise.allSettled(readers)).find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
  return read
}

type Place = { id: string; upstream: string }

async function readOne(gate: Gate, call: Call, { kind, one }: Listing, { id, upstream }: Place): Promise<Shown | null> {
  const path = one.replace('{id}', id)
  const said = await ask(gate, call, {
    method: 'GET',
    path,
    upstreams: [upstream],
    headers: call.request.headers,
    body: () => null,
  })
  if (!('bytes' in said)) throw new ClientGone()
  if (said.status === 404) {
    gate.owners.end({ kind, id }, call.grant.rules)
    return null
  }
  const object = said.status < 300 ? objectIn(said.bytes) : null
  if (object === null || object.id !== id)
    throw invalidReply(new Error(`the status ${said.status} for a ${kind} of a list`))
  return object
}

/** What page a query asks for. @param path with the query that the route takes */
function pageOf(path: string, { kind, narrowedBy, order, limit }: Listing): Page {
  const query = new URLSearchParams(path.split('?', 2)[1])
  const after = query.get('after')
  const wanted = wantedOf(query.get('limit'), limit)
  const ordered = query.get('order')
  if (ordered !== null && !order.isFixed && ordered !== 'asc' && ordered !== 'desc')
    throw wrongValue('order', "expected one of 'asc' or 'desc'.")
  if (after !== null && !isOwnedId(after)) throw notFound({ kind, id: after, param: 'after', isIfKept: false })
  const by = order.isFixed || ordered === null ? order.usual : (ordered as 'asc' | 'desc')
  const label = narrowedBy === null ? null : query.get(narrowedBy)
  return { asked: { kind, label, after, order: by, limit: wanted }, wanted }
}

function wantedOf(said: string | null, { usual, most }: Listing['limit']): number {
  const number = said === null ? usual : Number(said)
  if (!Number.isInteger(number) || number < 1 || number > most)
    throw wrongValue('limit', `expected an integer from 1 to ${most}.`)
  return Math.min(number, MOST)
}
