import type { Fields } from '../body/fields.ts'
import type { FormShape, JsonShape, Maximum } from '../routes/declaration.ts'
import { integer, MOST_ANSWERS, MOST_TOKENS } from './numbers.ts'

const anyMaximum: readonly Maximum[] = [
  ...(['max_tokens', 'max_completion_tokens', 'max_output_tokens'] as const),
  ...(['n_predict', 'num_predict', 'max_new_tokens'] as const),
]

/** How many answers a request asks for: `best_of` are made even where fewer are shown. */
export function answersOf(fields: Fields): number {
  const n = integer('n', fields.n, 1, MOST_ANSWERS) ?? 1
  return Math.max(n, integer('best_of', fields.best_of, 1, MOST_ANSWERS) ?? 1)
}

/**
 * The most tokens of one answer, as the request says it. Of two ways to say it, who knows which one holds: the larger. None
 * at all is no maximum: some model servers take 0 for "as many as you like".
 * @param read gives the number of a field, null where it is left out
 */
export function requestedOf(
  { maxima }: Pick<JsonShape | FormShape, 'maxima'>,
  read: (name: Maximum, least: number, most: number) => number | null,
): number | null {
  let most: number | null = null
  for (const name of anyMaximum) {
    const value = read(name, 0, MOST_TOKENS)
    if (value !== null && value > (most ?? 0) && maxima.includes(name)) most = value
  }
  return most
}

/** Each text of a list, and each list of tokens, is a question of its own. */
export function questionsOf({ questions: field }: JsonShape, fields: Fields): number {
  const asked = field === null ? null : fields[field]
  if (!Array.isArray(asked)) return 1
  let count = 0
  for (const one of asked) if (typeof one !== 'number') count++
  return Math.max(1, count)
}
