import type { CatalogueModel } from '../../core/catalogue.ts'
import type { Fields } from '../body/fields.ts'
import type { Charges, JsonShape, Maximum } from '../routes/declaration.ts'
import type { Worst } from '../use.ts'
import type { Content } from './content.ts'
import { integer, MOST_ANSWERS, MOST_TOKENS } from './numbers.ts'

/** How many answers a request asks for: `best_of` are made even where fewer are shown. */
function answers(fields: Fields): number {
  const n = integer('n', fields.n, 1, MOST_ANSWERS) ?? 1
  return Math.max(n, integer('best_of', fields.best_of, 1, MOST_ANSWERS) ?? 1)
}

const anyMaximum: readonly Maximum[] = [
  'max_tokens',
  'max_completion_tokens',
  'max_output_tokens',
  'n_predict',
  'num_predict',
  'max_new_tokens',
]

/**
 * The most tokens of one answer, as the request says it. Of two ways to say it, who knows which one holds: the larger. None
 * at all is no maximum: some model servers take 0 for "as many as you like".
 */
function requested({ maxima }: JsonShape, fields: Fields): number | null {
  let most: number | null = null
  for (const name of anyMaximum) {
    const value = integer(name, fields[name], 0, MOST_TOKENS)
    if (value !== null && value > (most ?? 0) && maxima.includes(name)) most = value
  }
  return most
}

/** Each text of a list, and each list of tokens, is a question of its own. */
function questions({ questions: field }: JsonShape, fields: Fields): number {
  const asked = field === null ? null : fields[field]
  if (!Array.isArray(asked)) return 1
  let count = 0
  for (const one of asked) if (typeof one !== 'number') count++
  return Math.max(1, count)
}

/**
 * The most that a request can use.
 * @param fallback tokens of an answer where neither the request nor the catalogue says how many
 * @throws ApiError 400 for numbers that are none, or out of their range
 */
export function worstOf(
  shape: JsonShape,
  charges: Charges,
  fields: Fields,
  content: Content,
  model: CatalogueModel,
  fallback: number,
): Worst {
  const count = answers(fields)
  const asked = requested(shape, fields)
  const one = asked ?? model.maxOutputTokens ?? fallback
  const inputTokens = content.estimate
  const asks = questions(shape, fields)
  // More than the model can say is not paid for.
  const said = Math.min(one, model.maxOutputTokens ?? one)
  return {
    tokens: charges.tokens === 'maximum' ? safe(Math.max(one * asks, inputTokens) * count) : inputTokens,
    inputTokens,
    outputTokens: charges.output ? safe(said * asks * count) : 0,
    images: charges.images ? count : 0,
    audioMegabytes: 0,
  }
}

const safe = (count: number) => Math.min(count, Number.MAX_SAFE_INTEGER)
