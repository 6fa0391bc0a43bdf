import type { Dialect, Maximum } from '../../core/upstream-kind.ts'
import type { Fields } from '../body/fields.ts'
import type { FormShape, JsonShape } from '../routes/declaration.ts'
import { integer, MOST_ANSWERS, MOST_TOKENS } from './numbers.ts'

const anyMaximum: readonly Maximum[] = [
  ...(['max_tokens', 'max_completion_tokens', 'max_output_tokens'] as const),
  'n_predict',
]

/** How many answers a request asks for: `best_of` are made even where fewer are shown. */
export function answersOf(fields: Fields): number {
  const n = integer('n', fields.n, 1, MOST_ANSWERS) ?? 1
  return Math.max(n, integer('best_of', fields.best_of, 1, MOST_ANSWERS) ?? 1)
}

/** The most tokens of one answer, as a request says it. */
export type Requested = {
  /** The largest that it says; null where it says none. */
  most: number | null
  /** Whether every model server that may get the call obeys one of the names that it is said by. */
  isObeyed: boolean
}

/**
 * Of two ways to say the most tokens, who knows which one holds: the larger. None at all is no maximum: some model servers
 * take 0 for "as many as you like".
 * @param dialects of all that may get the call; null where nobody knows that they obey any
 * @param read gives the number of a field, null where it is left out
 */
export function requestedOf(
  { maxima }: Pick<JsonShape | FormShape, 'maxima'>,
  dialects: readonly Dialect[] | null,
  read: (name: Maximum, least: number, most: number) => number | null,
): Requested {
  let most: number | null = null
  let isObeyed = false
  for (const name of anyMaximum) {
    const value = read(name, 0, MOST_TOKENS)
    if (value === null || value === 0 || !maxima.includes(name)) continue
    most = Math.max(most ?? 0, value)
    if (dialects !== null && obeyed(name, dialects)) isObeyed = true
  }
  return { most, isObeyed }
}

/** Whether every one of the model servers takes notice of a maximum that is said by this name. */
export const obeyed = (name: Maximum, dialects: readonly Dialect[]): boolean =>
  dialects.every(({ obeys }) => obeys.has(name))

/** Each text of a list, and each list of tokens, is a question of its own. */
export function questionsOf({ questions: field }: JsonShape, fields: Fields): number {
  const asked = field === null ? null : fields[field]
  if (!Array.isArray(asked)) return 1
  let count = 0
  for (const one of asked) if (typeof one !== 'number') count++
  return Math.max(1, count)
}
