import { isGiven, isObject, type JsonObject } from '../body/fields.ts'
import { wrongType } from '../invalid.ts'
import type { Reference } from '../references.ts'

/**
 * Adds the items of a list that stand for stored ones, by their ids.
 * @param name of the field that holds the list
 * @param found what was found before; null where that is nothing, and where nothing is found here either
 */
export function itemsReferredTo(name: string, list: unknown, found: Reference[] | null): Reference[] | null {
  if (!Array.isArray(list)) return found
  let all = found
  for (let i = 0; i < list.length; i++) {
    const item: unknown = list[i]
    if (!isObject(item) || !refers(item)) continue
    const param = `${name}[${i}].id`
    if (typeof item.id !== 'string') throw wrongType(param, 'a string', item.id)
    all ??= []
    all.push({ kind: 'item', id: item.id, param })
  }
  return all
}

/**
 * Whether an item brings nothing of its own, so that a model server takes what it keeps under its id. An item without a type
 * is a message if it has a role, a reference if it has none.
 */
function refers(item: JsonObject): boolean {
  if (item.type === 'item_reference') return true
  if (!isGiven(item.id)) return item.type === 'image_generation_call' && typeof item.result !== 'string'
  switch (item.type ?? null) {
    case null:
      return !isGiven(item.role) || !isFilled(item.content)
    case 'message':
      return !isFilled(item.content)
    // The original finds what was thought by the id, unless it is brought along: a summary is not it.
    case 'reasoning':
      return !isFilled(item.encrypted_content) && !isFilled(item.content)
    case 'image_generation_call':
      return typeof item.result !== 'string'
    default:
      return isBare(item)
  }
}

const isFilled = (value: unknown) => isGiven(value) && value !== '' && !(Array.isArray(value) && value.length === 0)

/** Whether there is nothing but its kind and its id. */
function isBare(item: JsonObject): boolean {
  for (const name in item) {
    if (name !== 'id' && name !== 'type' && name !== 'status' && name !== 'role' && isFilled(item[name])) return false
  }
  return true
}
