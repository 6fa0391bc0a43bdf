import { ApiError } from '../../contract/error.ts'
import { writtenBoolean } from '../../core/written.ts'
import { shown, wrongType } from '../invalid.ts'

/** The largest maximum of tokens that anybody can ask for. */
export const MOST_TOKENS = 2_147_483_647
/** The most answers to one question. */
export const MOST_ANSWERS = 128

/**
 * An integer of a request, null where it is left out.
 * @throws ApiError 400 in the original's words (behaviour reference, 1.3)
 */
export function integer(param: string, value: unknown, least: number, most: number): number | null {
  if (value === undefined || value === null) return null
  if (typeof value !== 'number' || !Number.isInteger(value)) throw wrongType(param, 'an integer', value)
  if (value > most) {
    const message = `Invalid '${param}': integer above maximum value. Expected a value <= ${most}, but got ${value} instead.`
    throw new ApiError('integer_above_max_value', message, { param })
  }
  if (value < least) {
    const message = `Invalid '${param}': integer below minimum value. Expected a value >= ${least}, but got ${value} instead.`
    throw new ApiError('integer_below_min_value', message, { param })
  }
  return value
}

/** A switch of a request; left out, it is off. */
export function flag(param: string, value: unknown): boolean {
  if (value === undefined || value === null) return false
  if (typeof value !== 'boolean') throw wrongType(param, 'a boolean', value)
  return value
}

/** The same in a form, where everything is text; some clients write it as their language does. */
export function writtenFlag(param: string, text: string | undefined): boolean {
  if (text === undefined || text === '') return false
  const said = writtenBoolean(text)
  if (said === null) throw wrongType(param, 'a boolean', shown(text))
  return said
}

export function writtenInteger(param: string, text: string | undefined, least: number, most: number): number | null {
  if (text === undefined || text === '') return null
  if (!/^-?\d{1,15}$/.test(text)) throw wrongType(param, 'an integer', text)
  return integer(param, Number(text), least, most)
}
