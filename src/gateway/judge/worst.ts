import type { CatalogueModel } from '../../core/catalogue.ts'
import { type Caps, NO_CAPS } from '../caps.ts'
import type { Declaration } from '../routes/declaration.ts'
import type { Worst } from '../use.ts'
import { SPARE_TOKENS, TEMPLATE_TOKENS } from './bounds.ts'
import type { Content } from './content.ts'

/** What a request asks for, in numbers. */
export type Amounts = {
  route: Pick<Declaration, 'body' | 'charges' | 'reply'>
  model: CatalogueModel
  content: Content
  /** Bytes of its text, JSON around it included. */
  bytes: number
  unseen: string | null
  answers: number
  questions: number
  /** Most tokens of one answer, as it says itself. */
  requested: number | null
  /** Tokens of an answer where neither the request nor the catalogue says how many. */
  fallback: number
}

/** The most that a request can use, and what it is charged at most. */
export function worstOf(amounts: Amounts): { worst: Worst; caps: Caps } {
  const { route, model, content, answers, questions, requested, fallback } = amounts
  const { charges } = route
  const known = requested === null ? model.maxOutputTokens : Math.min(requested, model.maxOutputTokens ?? requested)
  const inputTokens = content.estimate
  const one = (requested ?? model.maxOutputTokens ?? fallback) + model.maxReasoningTokens
  // More than the model can say is not paid for.
  const said = (known ?? fallback) + model.maxReasoningTokens
  // Of what says nothing of its use, nothing is charged.
  const isFree = route.reply.kind === 'plain'
  const input = isFree ? FREE : inputOf(amounts)
  const outputTokens = charges.output ? safe(said * questions * answers) : 0
  return {
    worst: {
      tokens: charges.tokens === 'maximum' ? safe(Math.max(one * questions, inputTokens) * answers) : inputTokens,
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
          maximum: route.body.kind === 'json' ? (route.body.maxima.at(-1) ?? null) : null,
        },
  }
}

/** The most tokens of the input: all that is in the request, and no more than the model reads for each question. */
function inputOf({ model, content, bytes, unseen, questions }: Amounts): { most: number; cap: number | null } {
  const { dataCharacters, dataBound, rewritten } = content
  const seen = safe(bytes - dataCharacters + dataBound + rewritten + TEMPLATE_TOKENS)
  const context = model.contextTokens === null ? null : safe(model.contextTokens * questions)
  const most = context === null ? seen : unseen === null ? Math.min(seen, context) : context
  return { most, cap: unseen === null || context !== null ? most : null }
}

const FREE = { most: 0, cap: 0 }

const safe = (count: number) => Math.min(count, Number.MAX_SAFE_INTEGER)
