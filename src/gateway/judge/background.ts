import { type Fields, isGiven, isObject } from '../body/fields.ts'
import { notPriced, unknownParameter, wrongType, wrongValue } from '../invalid.ts'
import { flag } from './numbers.ts'

const WINDOW = 'background_options.completion_window'

/**
 * Whether a response is to be made in the background.
 * @param store as it will be sent: the original keeps what it answers later
 * @throws ApiError 400 for one that is not to be stored, and for options that this server could not charge
 */
export function isInBackground(fields: Fields, store: unknown): boolean {
  const isAsked = flag('background', fields.background)
  const { background_options: options } = fields
  if (isGiven(options)) {
    if (!isObject(options)) throw wrongType('background_options', 'an object', options)
    for (const key in options) if (key !== 'completion_window') throw unknownParameter(`background_options.${key}`)
    const window = options.completion_window
    if (window === '2h' || window === '8h') throw notPriced(WINDOW)
    if (isGiven(window) && window !== 'soonest') throw wrongValue(WINDOW, "expected one of 'soonest', '2h' or '8h'.")
  }
  if (isAsked && store === false)
    throw wrongValue('background', 'a response in the background has to be stored, so `store` may not be false.')
  return isAsked
}
