import { type Fields, isGiven } from '../body/fields.ts'
import { wrongType } from '../invalid.ts'

/** How the Anthropic API says that a call is served in no other tier than the standard one. */
export const STANDARD_ONLY = 'standard_only'

/** The tier that a `speed` of that API is judged as. @throws ApiError 400 for one that is no text */
export function speedOf({ speed }: Fields): string {
  if (!isGiven(speed) || speed === 'standard') return 'default'
  if (typeof speed !== 'string') throw wrongType('speed', 'a string', speed)
  return speed
}
