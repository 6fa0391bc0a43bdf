import { answer } from '../answer.ts'
import type { Asked, Call } from '../call.ts'
import type { TokenCounter } from '../observe/token-counter.ts'

/** Tokens by the estimate beyond which that is the answer: to read megabytes a second time for a free answer is too much. */
const MOST_COUNTED = 250_000

/** Thrown where a model server has no route that counts tokens: the gate has an answer of its own. */
export class CountedHere extends Error {}

/**
 * Answers how many tokens a request has, as the gate itself counts: by the vocabulary that it counts all by that nobody reports,
 * whatever the model's own is, and of what is too much by the estimate that limits are charged by. It is an estimate, and says so in a header.
 */
export async function answerCount(
  { response, headers }: Pick<Call, 'response' | 'headers'>,
  asked: Pick<Asked, 'projectId' | 'inputText' | 'besideText' | 'worst'>,
  tokens: TokenCounter,
): Promise<void> {
  const estimate = asked.worst.inputTokens
  const text = estimate > MOST_COUNTED ? null : asked.inputText()
  const counted = text === null ? estimate : (await tokens.count([text], asked.projectId)) + asked.besideText
  if (response.destroyed) return
  answer(response, 200, { ...headers, 'x-gatehouse-estimated': 'input_tokens' }, { input_tokens: counted })
}
