import { isOwnedId, type OwnedKind } from '../../core/owned.ts'
import { type Fields, isGiven, isObject } from '../body/fields.ts'
import { notOffered, unknownParameter, wrongType, wrongValue } from '../invalid.ts'
import { MOST_REFERENCES, NO_REFERENCES, notFound, type Reference } from '../references.ts'
import type { JsonShape, RefusedField } from '../routes/declaration.ts'
import { itemsReferredTo } from './items.ts'
import { refuseKeptTools } from './kept-items.ts'

type References = JsonShape['references']

/**
 * Refuses what a request names that another project of the same upstream account may own, or that nobody bounds, until it
 * has an owner here. What stands deeper, in messages and tools, is found while they are read.
 * @throws ApiError 400 `not_offered` that names the field
 */
export function refuseReferences({ refused }: References, fields: Fields): void {
  for (const one of refused) {
    const value = valueAt(fields, one.field)
    if (isGiven(value) && value !== one.unless && holds(value, one)) throw notOffered(one.field)
  }
  if (isObject(fields.voice)) throw notOffered('voice.id')
  if (isObject(fields.audio) && isObject(fields.audio.voice)) throw notOffered('audio.voice.id')
}

/** Whether a value has what makes it refused, at whatever depth and under whatever name. */
function holds(value: unknown, { holding }: RefusedField): boolean {
  if (holding === undefined) return true
  const rest = [value]
  // However deep it is nested: nothing has bounded that yet.
  for (const one of rest) {
    if (typeof one === 'string' && one.startsWith(holding)) return true
    if (typeof one === 'object' && one !== null) for (const inner of Object.values(one)) rest.push(inner)
  }
  return false
}

/** @param field with dots where it stands deeper */
function valueAt(fields: Fields, field: string): unknown {
  const dot = field.indexOf('.')
  if (dot < 0) return fields[field]
  const within = fields[field.slice(0, dot)]
  return isObject(within) ? valueAt(within, field.slice(dot + 1)) : undefined
}

/**
 * The responses, the conversation and the items of its project's own that a request names; whose they are, is for others to say.
 * @param accepts the kinds of things that it may name
 * @throws ApiError 404 for a text that is no such id; 400 for a conversation that nobody keeps, and for tools that one may not
 */
export function referencesIn(
  { responses, conversation, items }: References,
  fields: Fields,
  accepts: ReadonlySet<OwnedKind>,
): readonly Reference[] {
  let found: Reference[] | null = null
  if (conversation !== null && isGiven(fields[conversation])) {
    if (!accepts.has('conversation')) throw notOffered(conversation)
    found = [conversationIn(conversation, fields[conversation])]
    // It keeps what is said in it.
    if (items !== null) refuseKeptTools(items, fields[items])
  }
  for (const param of responses) {
    const id = valueAt(fields, param)
    if (!isGiven(id)) continue
    if (typeof id !== 'string') throw wrongType(param, 'a string', id)
    found ??= []
    found.push({ kind: 'response', id, param, isIfKept: false })
  }
  if (items !== null) found = itemsReferredTo(items, fields[items], found)
  if (found === null) return NO_REFERENCES
  return known(found)
}

/** A conversation, named by its id or by an object that has nothing else. */
function conversationIn(field: string, value: unknown): Reference {
  if (typeof value === 'string') return { kind: 'conversation', id: value, param: field, isIfKept: false }
  if (!isObject(value)) throw wrongType(field, 'a string or an object', value)
  for (const key in value) if (key !== 'id') throw unknownParameter(`${field}.${key}`)
  const param = `${field}.id`
  if (typeof value.id !== 'string') throw wrongType(param, 'a string', value.id)
  return { kind: 'conversation', id: value.id, param, isIfKept: false }
}

/** @throws ApiError 400 for more than one request may name; 404 for a text that is no such id */
export function known(references: readonly Reference[]): readonly Reference[] {
  const [first] = references
  if (references.length > MOST_REFERENCES && first)
    throw wrongValue(first.param.split(/[.[]/, 1)[0] ?? '', `it refers to more than ${MOST_REFERENCES} items.`)
  for (const reference of references) if (!isOwnedId(reference.id)) throw notFound(reference)
  return references
}
