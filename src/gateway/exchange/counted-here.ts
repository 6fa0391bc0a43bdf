import { answer } from '../answer.ts'
import type { Asked, Call } from '../call.ts'
import type { TokenCounter } from '../observe/token-counter.ts'

/** Thrown where a model server has no route that counts tokens: the gate has an answer of its own. */
export class CountedHere extends Error {}

/**
 * Answers how many tokens a request has, as the gate itself counts: by the vocabulary that it counts all by that nobody reports,
 * whatever the model's own is. It is an estimate, and says so in a header.
 */
export async function answerCount(
  { response, headers }: Pick<Call, 'response' | 'headers'>,
  asked: Pick<Asked, 'inputText' | 'besideText' | 'worst'>,
  tokens: TokenCounter,
): Promise<void> {
  const text = asked.inputText()
  const counted = text === null ? asked.worst.inputTokens : (await tokens.count([text])) + asked.besideText
  if (response.destroyed) return
  answer(response, 200, { ...headers, 'x-gatehouse-estimated': 'input_tokens' }, { input_tokens: counted })
}
