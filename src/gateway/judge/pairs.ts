import { type Fields, isGiven, isObject } from '../body/fields.ts'
import { couldDo, notOffered } from '../invalid.ts'
import type { Pairs } from '../routes/declaration.ts'
import { Content } from './content.ts'
import { namesModel } from './searched.ts'

/** Tokens that a model's template puts around each pair: the longest that is known has some ninety. */
const PAIR_TOKENS = 200

/**
 * Reads texts that a model reads in pairs. What is alone on its side came once and is read with each of the others, and so is
 * what was read before: whoever asks a long question of a thousand short texts has it read a thousand times.
 * @param content what was read of the body before
 * @returns how many pairs there are, at least one
 * @throws ApiError 400 for a reference in them, and for a model that they name
 */
export function readPairs(pairs: Pairs, fields: Fields, content: Content): number {
  const whole = sideOf(pairs.whole, fields, () => 1)
  const first = sideOf(pairs.first, fields, textsIn)
  const second = sideOf(pairs.second, fields, textsIn)
  const [a, b] = [Math.max(1, whole.texts + first.texts), Math.max(1, second.texts)]
  // Two lists that are equally long are read one by one; of anything else no server makes more than each with each.
  const count = a === b && first.isList && second.isList && whole.texts === 0 ? a : a * b
  content.again(count - 1)
  content.add(whole.content, count / a)
  content.add(first.content, count / a)
  content.add(second.content, count / b)
  content.around((count - 1) * PAIR_TOKENS)
  return count
}

/** One side: what was read, how many texts it is, and whether it is one list and nothing else. */
type Side = { content: Content; texts: number; isList: boolean }

function sideOf(names: readonly string[], fields: Fields, count: (value: unknown) => number): Side {
  const content = new Content()
  let [texts, given, lists] = [0, 0, 0]
  for (const name of names) {
    const value = fields[name]
    if (!isGiven(value)) continue
    const reference = content.read(name, value)
    if (reference !== null) throw notOffered(reference)
    refuseModels(value, name)
    texts += count(value)
    given++
    if (Array.isArray(value)) lists++
  }
  return { content, texts, isList: given === 1 && lists === 1 }
}

/** How many texts a field holds: one, a list, or the parts of one, each of which some servers take for a text. */
function textsIn(value: unknown): number {
  if (Array.isArray(value)) return value.length
  return isObject(value) && Array.isArray(value.content) ? value.content.length : 1
}

/** No server takes a model in there, and whoever fronts one may. The nesting is known to be bounded. */
function refuseModels(value: unknown, at: string): void {
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) if (typeof value[i] === 'object') refuseModels(value[i], `${at}[${i}]`)
  } else if (isObject(value)) {
    for (const key in value) {
      if (!isGiven(value[key])) continue
      if (namesModel(key)) throw couldDo(`${at}.${key}`, 'choose another model')
      refuseModels(value[key], `${at}.${key}`)
    }
  }
}

/** Whether a field holds texts that are read in pairs. */
export const isPaired = (pairs: Pairs, name: string): boolean =>
  pairs.whole.includes(name) || pairs.first.includes(name) || pairs.second.includes(name)
