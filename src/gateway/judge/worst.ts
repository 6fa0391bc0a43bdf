import type { CatalogueModel } from '../../core/catalogue.ts'
import type { Maximum } from '../../core/upstream-kind.ts'
import { type Caps, NO_CAPS } from '../caps.ts'
import type { Declaration } from '../routes/declaration.ts'
import type { Worst } from '../use.ts'
import type { Requested } from './asked-for.ts'
import { SPARE_TOKENS, TEMPLATE_TOKENS } from './bounds.ts'
import type { Content } from './content.ts'

/** What a request asks for, in numbers. */
export type Amounts = {
  route: Pick<Declaration, 'charges' | 'reply'>
  model: CatalogueModel
  content: Content
  /** Bytes of its text, JSON around it included. */
  bytes: number
  unseen: string | null
  /** How often the model reads it: once more behind each use of a tool that its server runs. */
  reads: number
  answers: number
  questions: number
  /** Most tokens of one answer, as it says itself. */
  requested: Requested
  /** How it can say so; null where it cannot. */
  maximum: Maximum | null
  /** Tokens of an answer where neither the request nor the catalogue says how many. */
  fallback: number
}

/** The most that a request can use, and what it is charged at most. */
export function worstOf(amounts: Amounts): { worst: Worst; caps: Caps } {
  const { route, model, content, answers, questions, fallback } = amounts
  const { most: requested, isObeyed } = amounts.requested
  const { charges } = route
  // What no server need obey, a member could write to pay less for a whole answer.
  const known = isObeyed ? least(requested, model.maxOutputTokens) : model.maxOutputTokens
  const inputTokens = safe(content.estimate)
  const one = (requested ?? model.maxOutputTokens ?? fallback) + model.maxReasoningTokens
  // More than the model can say is not paid for.
  const said = (known ?? Math.max(requested ?? 0, fallback)) + model.maxReasoningTokens
  // Of what says nothing of its use, nothing is charged.
  const isFree = route.reply.kind === 'plain'
  const outputTokens = charges.output ? safe(said * questions * answers) : 0
  const input = isFree ? FREE : inputOf(amounts, outputTokens)
  return {
    worst: {
      tokens: chargedOf(charges.tokens, inputTokens, safe(Math.max(one * questions, inputTokens) * answers)),
      inputTokens,
      boundTokens: input.most,
      outputTokens,
      images: charges.images ? answers : 0,
      audioMegabytes: 0,
    },
    caps: isFree
      ? NO_CAPS
      : {
          inputTokens: input.cap,
          unseen: amounts.unseen,
          outputTokens: charges.output ? known && outputTokens : SPARE_TOKENS,
          maximum: amounts.maximum,
        },
  }
}

function chargedOf(tokens: Declaration['charges']['tokens'], estimate: number, most: number): number {
  if (tokens === 'none') return 0
  return tokens === 'maximum' ? most : estimate
}

/**
 * The most tokens of the input: all that is in the request, and no more than the model reads for each question, as often as it
 * reads it. From the second time on it has before it what it has said, too.
 * @param said tokens that the answer can have
 */
function inputOf(amounts: Amounts, said: number): { most: number; cap: number | null } {
  const { model, content, bytes, unseen, questions, reads } = amounts
  const { dataCharacters, dataBound, rewritten } = content
  const asked = bytes - dataCharacters + dataBound + rewritten + TEMPLATE_TOKENS
  const seen = safe(asked + (reads - 1) * (asked + said))
  const context = model.contextTokens === null ? null : safe(model.contextTokens * questions * reads)
  const most = context === null ? seen : unseen === null ? Math.min(seen, context) : context
  return { most, cap: unseen === null || context !== null ? most : null }
}

/** The smaller of those that are known. */
const least = (a: number | null, b: number | null) => (a === null ? b : Math.min(a, b ?? a))

const FREE = { most: 0, cap: 0 }

const safe = (count: number) => Math.min(count, Number.MAX_SAFE_INTEGER)
