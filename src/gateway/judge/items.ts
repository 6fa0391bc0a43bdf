import { isOwnedId } from '../../core/owned.ts'
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
    if (!isObject(item)) continue
    const isReference = refers(item)
    if (!isReference && !isBare(item)) continue
    const { id } = item
    const param = `${name}[${i}].id`
    if (isReference && typeof id !== 'string') throw wrongType(param, 'a string', id)
    // Nobody keeps a thing under any other id.
    if (typeof id !== 'string' || !(isReference || isOwnedId(id))) continue
    all ??= []
    all.push({ kind: 'item', id, param, isIfKept: !isReference })
  }
  return all
}

/** Whether an item is nothing but a reference. One without a type is a message if it has a role, a reference if it has none. */
function refers({ type, role, id, result }: JsonObject): boolean {
  if (type === 'image_generation_call') return typeof result !== 'string'
  return type === 'item_reference' || (!isGiven(type) && !isGiven(role) && isGiven(id))
}

/** Where the types of items have what they say; whatever else is in one says nothing to a server that keeps it. */
const saying: ReadonlyMap<unknown, readonly string[]> = new Map([
  ['message', ['content']],
  ['reasoning', ['encrypted_content', 'content']],
  ['compaction', ['encrypted_content']],
  ['function_call', ['arguments']],
  ['custom_tool_call', ['input']],
  ...['function_call', 'custom_tool_call', 'computer_call', 'local_shell_call', 'shell_call', 'apply_patch_call'].map(
    (call): [string, string[]] => [`${call}_output`, ['output']],
  ),
])

/**
 * Whether an item brings so little of its own that a model server takes what it keeps under its id, if it keeps that. The
 * original finds what was thought by the id, unless it is brought along: a summary is not it. Of a type that is not known here
 * anything may be what it says.
 */
function isBare(item: JsonObject): boolean {
  if (!isGiven(item.id)) return false
  const names = saying.get(item.type ?? 'message')
  if (names !== undefined) return !names.some((name) => isFilled(item[name]))
  for (const name in item) {
    if (name !== 'id' && name !== 'type' && name !== 'status' && name !== 'role' && isFilled(item[name])) return false
  }
  return true
}

const isFilled = (value: unknown) => isGiven(value) && value !== '' && !(Array.isArray(value) && value.length === 0)
