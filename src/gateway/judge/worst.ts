import type { CatalogueModel } from '../../core/catalogue.ts'
import type { Worst } from '../call.ts'
import type { GatewayRoute, RouteName } from '../routes/table.ts'
import type { Fields } from './body.ts'
import type { Content } from './content.ts'
import { integer, MOST_ANSWERS, MOST_TOKENS } from './numbers.ts'

/** Routes whose maximum counts against the limit of tokens; of all others only the estimate does. */
const written: ReadonlySet<RouteName> = new Set([
  'chat.completions.create',
  'completions.create',
  'responses.create',
  'responses.compact',
])
/** Routes that answer with nothing that is paid by the token. */
const silent: ReadonlySet<RouteName> = new Set([
  'embeddings.create',
  'moderations.create',
  'responses.inputTokens.count',
])

export const NO_WORST: Worst = { tokens: 0, inputTokens: 0, outputTokens: 0, images: 0, audioMegabytes: 0 }

/** How many answers a request asks for: `best_of` are made even where fewer are shown. */
function answers(fields: Fields): number {
  const n = integer('n', fields.n, 1, MOST_ANSWERS) ?? 1
  return Math.max(n, integer('best_of', fields.best_of, 1, MOST_ANSWERS) ?? 1)
}

const anyMaximum = ['max_tokens', 'max_completion_tokens', 'max_output_tokens'] as const
/** What a route's maximum is called. Of a name that belongs to another route, model servers take no notice. */
const maxima: Partial<Record<RouteName, ReadonlySet<string>>> = {
  'chat.completions.create': new Set(['max_tokens', 'max_completion_tokens']),
  'completions.create': new Set(['max_tokens']),
  'responses.create': new Set(['max_output_tokens']),
  'responses.compact': new Set(['max_output_tokens']),
}

/**
 * The most tokens of one answer, as the request says it. Of two ways to say it, who knows which one holds: the larger. None
 * at all is no maximum: some model servers take 0 for "as many as you like".
 */
function requested(route: RouteName, fields: Fields): number | null {
  let most: number | null = null
  for (const name of anyMaximum) {
    const value = integer(name, fields[name], 0, MOST_TOKENS)
    if (value !== null && value > (most ?? 0) && maxima[route]?.has(name)) most = value
  }
  return most
}

/** Each text of a list, and each list of tokens, is a question of its own. */
function prompts(prompt: unknown): number {
  if (!Array.isArray(prompt)) return 1
  let count = 0
  for (const one of prompt) if (typeof one !== 'number') count++
  return Math.max(1, count)
}

/**
 * The most that a request can use.
 * @param fallback tokens of an answer where neither the request nor the catalogue says how many
 * @throws ApiError 400 for numbers that are none, or out of their range
 */
export function worstOf(
  { name, usage }: GatewayRoute,
  fields: Fields,
  content: Content,
  model: CatalogueModel,
  fallback: number,
): Worst {
  const count = answers(fields)
  const asked = requested(name, fields)
  const one = asked ?? model.maxOutputTokens ?? fallback
  const estimate = content.estimate
  const questions = name === 'completions.create' ? prompts(fields.prompt) : 1
  // More than the model can say is not paid for.
  const said = Math.min(one, model.maxOutputTokens ?? one)
  const outputTokens = silent.has(name) ? 0 : safe(said * questions * count)
  const tokens = written.has(name) ? safe(Math.max(one * questions, estimate) * count) : estimate
  return { tokens, inputTokens: estimate, outputTokens, images: usage === 'images' ? count : 0, audioMegabytes: 0 }
}

const safe = (count: number) => Math.min(count, Number.MAX_SAFE_INTEGER)
