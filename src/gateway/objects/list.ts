import { type ApiError, unavailable } from '../../contract/error.ts'
import { isOwnedId, type ListAsked } from '../../core/owned.ts'
import type { Asker } from '../../ledger/asker.ts'
import { answer } from '../answer.ts'
import { isObject, type JsonObject } from '../body/fields.ts'
import { ClientGone } from '../body/receive-bytes.ts'
import type { Call } from '../call.ts'
import type { Gate } from '../gate.ts'
import { wrongValue } from '../invalid.ts'
import { Places } from '../places.ts'
import { notFound } from '../references.ts'
import type { Listing } from '../routes/declaration.ts'
import { invalidReply } from '../upstreams/failures.ts'
import { ask, objectIn, saysGone } from './ask.ts'

/** Objects that are read of one page at once: their model servers have other work. */
const AT_ONCE = 8
/** Bytes of one object of a list. */
const OBJECT_BYTES = 65_536
/** The same where objects may be as long as answers are: so many at once, bytes of one, and bytes with which a page ends. */
const LARGE = { atOnce: 2, bytes: 8_388_608, pageBytes: 8_388_608 }
/** Lists that are read at once: of one project, of all, and of those with large objects. */
const LISTS_OF_PROJECT = 4
const LISTS = 64
const LARGE_LISTS = 8
/** Objects of a page, at most: whoever asks for more gets so many, is told that there is more, and goes on. */
const MOST = 1000

type Page = {
  asked: ListAsked
  wanted: number
  /** Whether it stands before something: what is asked is the other order then, and comes the other way round. */
  isBack: boolean
}
type Shown = JsonObject

const places = new Places()

/**
 * Answers a list with what the project owns of a kind, each as its model server shows it now. What else shares the account is never
 * looked at. What is no more there is left out and not the project's any longer, and the next takes its place: a page is full, but the last.
 * @throws ApiError 400 for the query; 404 for what it is to go on after, or before; 503 where too many are read; what its model servers do
 */
export async function answerList(gate: Gate, call: Call, listing: Listing): Promise<null> {
  const { projectId } = call.grant.rules
  const shares = [[projectId, LISTS_OF_PROJECT] as const, ['', LISTS] as const]
  const giveBack = places.take(1, listing.isLarge ? [...shares, ['large', LARGE_LISTS] as const] : shares)
  if (giveBack === null) throw unavailable('Too many lists are read at the same time. Please try again shortly.')
  try {
    answer(call.response, 200, call.headers, await pageFor(gate, call, listing))
  } catch (error) {
    // Nobody is there to be told.
    if (!(error instanceof ClientGone)) throw error
  } finally {
    giveBack()
  }
  return null
}

async function pageFor(gate: Gate, call: Call, listing: Listing): Promise<object> {
  const { rules } = call.grant
  const page = pageOf(call.route.upstreamPath, listing)
  const { asked, wanted, isBack } = page
  const asksFor = filterOf(call.route.upstreamPath, listing)
  const shown: Shown[] = []
  let [read, ended, bytes] = [0, 0, 0]
  for (let after = asked.after; ; ) {
    const found = await gate.owners.list(rules, { ...asked, after, limit: wanted - shown.length + 1 })
    if (found === null) throw await noSuchPlace(gate, rules, page)
    const now = found.slice(0, Math.min(wanted - shown.length, listing.isLarge ? LARGE.atOnce : MOST))
    for (const one of await readAll(gate, call, listing, now)) {
      if (one === 'gone') ended++
      else if (one !== 'left_out' && asksFor(one.object)) {
        shown.push(one.object)
        bytes += one.bytes
      }
    }
    read += now.length
    after = now.at(-1)?.id ?? null
    const isMore = found.length > now.length
    if (isMore && shown.length < wanted && read < MOST && bytes < LARGE.pageBytes) continue
    const { log } = gate
    if (ended > 0)
      log.info({ kind: asked.kind, project: rules.projectId, ended }, 'no project owns any more what is gone')
    // An empty page would end whoever goes through a list, and what is gone is not looked at again.
    if (isMore && shown.length === 0 && ended < read) throw noneAmong(read, after)
    if (isMore && shown.length === 0) throw unavailable('Too much of this list is gone. Please try again shortly.')
    return pageWith(isBack ? shown.reverse() : shown, isMore)
  }
}

/** Nothing of what was read is what the query asks for, and there is more. @param last that was read */
function noneAmong(read: number, last: string | null): Error {
  const message = `none of the next ${read} is such a one, and no more are read for one page; go on after '${last}'.`
  return wrongValue('after', message)
}

/** Whether an object is what the query asks for, by what it says of itself. @param path with the query that the route takes */
function filterOf(path: string, { filters }: Listing): (object: JsonObject) => boolean {
  const query = [...new URLSearchParams(path.split('?', 2)[1])]
  const wanted = query.flatMap(([name, value]) => {
    const [field = '', key] = name.split(/\[(.*)\]$/s)
    return filters.includes(field) ? [{ field, key, value }] : []
  })
  return (object) =>
    wanted.every(({ field, key, value }) => {
      const said = object[field]
      if (key === undefined) return said === value
      return isObject(said) && Object.hasOwn(said, key) && said[key] === value
    })
}

/** Of a page that begins or ends at something which is none of the project's. */
async function noSuchPlace({ owners }: Pick<Gate, 'owners'>, rules: Asker, { asked, isBack }: Page): Promise<ApiError> {
  const { kind, after, until } = asked
  const isEnd = until !== null && (await owners.list(rules, { ...asked, until: null, limit: 1 })) !== null
  return notFound({
    ...{ kind, id: (isEnd ? until : after) ?? '', isIfKept: false },
    param: isEnd || isBack ? 'before' : 'after',
  })
}

const pageWith = (data: readonly Shown[], isMore: boolean) => ({
  object: 'list',
  data,
  first_id: data[0]?.id ?? null,
  last_id: data.at(-1)?.id ?? null,
  has_more: isMore,
})

/** In the order of their places; of those that are not shown, why. */
async function readAll(gate: Gate, call: Call, listing: Listing, places: readonly Place[]): Promise<Read[]> {
  const read: Read[] = []
  let next = 0
  const reader = async () => {
    for (let i = next++; i < places.length; i = next++) read[i] = await readOne(gate, call, listing, places[i] as Place)
  }
  const atOnce = listing.isLarge ? LARGE.atOnce : AT_ONCE
  const readers = Array.from({ length: Math.min(atOnce, places.length) }, reader)
  // All have ended before the first of their failures is told, so that nothing goes on behind an answer.
  const failed = (await Promise.allSettled(readers)).find(({ status }) => status === 'rejected')
  if (failed?.status === 'rejected') throw failed.reason
  return read
}

type Place = { id: string; upstream: string }
/** An object, and how long it was; or that it is gone for good, or left out. */
type Read = { object: Shown; bytes: number } | 'gone' | 'left_out'

async function readOne(
  gate: Gate,
  call: Call,
  { kind, one, isLarge }: Listing,
  { id, upstream }: Place,
): Promise<Read> {
  const asked = { method: 'GET', path: one.replace('{id}', id), upstreams: [upstream], headers: call.request.headers }
  const most = isLarge ? LARGE.bytes : OBJECT_BYTES
  const said = await ask(gate, call, { ...asked, body: () => null, most, isKept: false })
  if (!('bytes' in said)) throw new ClientGone()
  const object = objectIn(said.bytes)
  if (said.status === 404 && isObject(object?.error)) {
    // Only who speaks of this very object says that it is gone; whatever else is not found is left out, and looked for again.
    if (!saysGone(said.status, object, id)) return 'left_out'
    gate.owners.end({ kind, id }, call.grant.rules)
    return 'gone'
  }
  if (said.status >= 300 || object === null || object.id !== id)
    throw invalidReply(new Error(`the status ${said.status} for a ${kind} of a list`))
  return { object, bytes: said.bytes.length }
}

/** What page a query asks for. @param path with the query that the route takes */
function pageOf(path: string, { kind, narrowedBy, order, limit, goesBack }: Listing): Page {
  const query = new URLSearchParams(path.split('?', 2)[1])
  const after = cursorIn(query, 'after', kind)
  const before = goesBack ? cursorIn(query, 'before', kind) : null
  const wanted = wantedOf(query.get('limit'), limit)
  const ordered = query.get('order')
  if (ordered !== null && !order.isFixed && ordered !== 'asc' && ordered !== 'desc')
    throw wrongValue('order', "expected one of 'asc' or 'desc'.")
  const by = order.isFixed || ordered === null ? order.usual : (ordered as 'asc' | 'desc')
  const label = narrowedBy === null ? null : query.get(narrowedBy)
  const asked = { kind, label, limit: wanted }
  if (before === null || after !== null)
    return { asked: { ...asked, after, until: before, order: by }, wanted, isBack: false }
  // Those that stand right before it.
  return { asked: { ...asked, after: before, until: null, order: by === 'asc' ? 'desc' : 'asc' }, wanted, isBack: true }
}

/** @throws ApiError 404 for a text that is no id */
function cursorIn(query: URLSearchParams, param: string, kind: ListAsked['kind']): string | null {
  const id = query.get(param)
  if (id !== null && !isOwnedId(id)) throw notFound({ kind, id, param, isIfKept: false })
  return id
}

function wantedOf(said: string | null, { usual, most }: Listing['limit']): number {
  const number = said === null ? usual : Number(said)
  if (!Number.isInteger(number) || number < 1 || number > most)
    throw wrongValue('limit', `expected an integer from 1 to ${most}.`)
  return Math.min(number, MOST)
}
