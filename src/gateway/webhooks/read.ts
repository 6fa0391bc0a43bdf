import { ApiError } from '../../contract/error.ts'
import { isId } from '../../core/id.ts'
import { flawOfWebhookUrl, LONGEST_WEBHOOK_NAME, type WebhookEvent, webhookEvents } from '../../core/webhook.ts'
import type { WebhookOperation } from '../../core/webhook-asked.ts'
import { type Fields, isGiven } from '../body/fields.ts'
import { missing, shown, tooLong, unknownParameter, wrongType, wrongValue } from '../invalid.ts'
import type { OwnAnswer } from '../routes/declaration.ts'

export type Does = Extract<OwnAnswer, { webhooks: unknown }>['webhooks']

/** What a request says: the id in its path, its query, and the fields of its body. */
export type Said = { id: string; query: URLSearchParams; fields: Fields }

/** What is asked for. @throws ApiError 400; 404 for a cursor that is no id of what is listed */
export function operationOf(does: Exclude<Does, 'event_types'>, { id, query, fields }: Said): WebhookOperation {
  switch (does) {
    case 'create':
      return { does, name: given(nameIn, fields), url: given(urlIn, fields), eventTypes: given(eventTypesIn, fields) }
    case 'update':
      return { does, id, changes: changesIn(fields) }
    case 'list':
      return { does, ...pageIn(query, 'endpoint') }
    case 'deliveries':
      return { does, id, ...pageIn(query, 'delivery') }
    case 'rotate_secret':
      return { does, id, keepsOld: switchIn(fields, 'keep_old_secret_active_for_24_hours') }
    case 'test':
      return { does, id, eventType: given(eventTypeIn, fields) }
    case 'retrieve':
    case 'delete':
      return { does, id }
  }
}

/** Refuses what the route does not take. @throws ApiError 400 */
export function refuseOthers(fields: Fields, taken: ReadonlySet<string>): void {
  for (const name of Object.keys(fields)) if (!taken.has(name)) throw unknownParameter(name)
}

function changesIn(fields: Fields) {
  const [name, url, eventTypes] = [nameIn(fields), urlIn(fields), eventTypesIn(fields)]
  return {
    ...(name !== null && { name }),
    ...(url !== null && { url }),
    ...(eventTypes !== null && { eventTypes }),
  }
}

/** A field of a body; null where it is left out. */
type Read<T> = { (fields: Fields): T | null; field: string }
const read = <T>(field: string, of: (value: unknown) => T): Read<T> =>
  Object.assign((fields: Fields) => (isGiven(fields[field]) ? of(fields[field]) : null), { field })

function given<T>(reading: Read<T>, fields: Fields): T {
  const value = reading(fields)
  if (value === null) throw missing(reading.field)
  return value
}

const nameIn = read('name', (value) => {
  if (typeof value !== 'string') throw wrongType('name', 'a string', value)
  if (value.trim() === '') throw wrongValue('name', 'expected a name that is not empty.')
  if (value.length > LONGEST_WEBHOOK_NAME) throw tooLong('name', LONGEST_WEBHOOK_NAME, value.length)
  return value
})

const urlIn = read('url', (value) => {
  if (typeof value !== 'string') throw wrongType('url', 'a string', value)
  const flaw = flawOfWebhookUrl(value)
  if (flaw !== null) throw wrongValue('url', flaw)
  return value
})

const eventTypesIn = read('event_types', (value) => {
  if (!Array.isArray(value)) throw wrongType('event_types', 'an array of strings', value)
  if (value.length === 0) throw wrongValue('event_types', 'expected at least one type of events.')
  return [...new Set(value.map((one, i) => eventType(one, `event_types[${i}]`)))]
})

const eventTypeIn = read('event_type', (value) => eventType(value, 'event_type'))

function eventType(value: unknown, param: string): WebhookEvent {
  if (typeof value !== 'string') throw wrongType(param, 'a string', value)
  if ((webhookEvents as readonly string[]).includes(value)) return value as WebhookEvent
  throw wrongValue(param, `'${shown(value)}' is none of the types that this server sends: ${webhookEvents.join(', ')}.`)
}

function switchIn(fields: Fields, field: string): boolean {
  const value = fields[field]
  if (isGiven(value) && typeof value !== 'boolean') throw wrongType(field, 'a boolean', value)
  return value === true
}

/** Endpoints, or deliveries, of a page: where nobody says it, and at most. */
const [USUAL, MOST] = [20, 100]

/** What is listed, by how its ids begin. */
const listed = { endpoint: 'webhookEndpoint', delivery: 'webhookDelivery' } as const

/**
 * An id that names nothing any more keeps its place, for ids are in the order in which they were made: who deletes page by page comes to the end, and
 * another project's is as one that never was.
 */
function pageIn(query: URLSearchParams, of: keyof typeof listed): { after: string | null; limit: number } {
  const said = query.get('limit')
  const limit = said === null ? USUAL : Number(said)
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST)
    throw wrongValue('limit', `expected an integer from 1 to ${MOST}.`)
  const after = query.get('after') || null
  if (after !== null && !isId(listed[of], after)) throw noSuchOf(of, after, 'after')
  return { after, limit }
}

/** Of what is not the project's, in the words that clients read of files. @param param how the request names it */
export const noSuchOf = (of: keyof typeof listed, id: string, param: string) =>
  new ApiError('object_not_found', `No such webhook ${of}: ${shown(id)}`, { param })
