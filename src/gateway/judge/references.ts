import { isResponseId } from '../../core/id.ts'
import { type Fields, isGiven, isObject } from '../body/fields.ts'
import { notOffered, previousResponseNotFound, wrongType } from '../invalid.ts'
import type { JsonShape, RefusedField } from '../routes/declaration.ts'

type References = JsonShape['references']

/**
 * Refuses what a request names that another project of the same upstream account may own, or that nobody bounds, until it
 * has an owner here. What stands deeper, in messages and tools, is found while they are read.
 * @throws ApiError 400 `not_offered` that names the field
 */
export function refuseReferences({ refused, items }: References, fields: Fields): void {
  for (const one of refused) if (names(fields, one)) throw notOffered(one.field)
  if (items !== null) refuseItems(items, fields[items])
  if (isObject(fields.voice)) throw notOffered('voice.id')
  if (isObject(fields.audio) && isObject(fields.audio.voice)) throw notOffered('audio.voice.id')
}

function names(fields: Fields, { field, unless }: RefusedField): boolean {
  const dot = field.indexOf('.')
  if (dot < 0) return isGiven(fields[field]) && fields[field] !== unless
  const within = fields[field.slice(0, dot)]
  return isObject(within) && names(within, { field: field.slice(dot + 1), ...(unless !== undefined && { unless }) })
}

/**
 * Items that stand for stored ones: those that are nothing but an id, and images without their bytes. An item without a type
 * is a message if it has a role, a reference if it has none.
 */
function refuseItems(name: string, list: unknown): void {
  if (!Array.isArray(list)) return
  for (let i = 0; i < list.length; i++) {
    const item: unknown = list[i]
    if (!isObject(item)) continue
    const { type } = item
    const bare = !isGiven(type) && !isGiven(item.role) && isGiven(item.id)
    const image = type === 'image_generation_call' && typeof item.result !== 'string'
    if (bare || image || type === 'item_reference') throw notOffered(`${name}[${i}].id`)
  }
}

/**
 * The response that a request goes on from; whose it is, is for others to say.
 * @throws ApiError 404 for a text that is no response's id
 */
export function responseGoneOnFrom({ response }: References, fields: Fields): string | null {
  if (response === null) return null
  const id = fields[response]
  if (id === undefined || id === null) return null
  if (typeof id !== 'string') throw wrongType(response, 'a string', id)
  if (!isResponseId(id)) throw previousResponseNotFound(id)
  return id
}
