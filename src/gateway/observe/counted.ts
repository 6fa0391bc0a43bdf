import type { Asked } from '../call.ts'
import type { Reading } from './reply-facts.ts'
import type { TokenCounter } from './token-counter.ts'

/*
 * Tokens that no model server reported: counted by the text, and never more than the call can have.
 */

/** Tokens of the input. */
export function countedInput(asked: Asked, tokens: TokenCounter): number | Promise<number> {
  const text = asked.inputText()
  if (text === null) return asked.worst.inputTokens
  return tokens
    .count([text], asked.projectId)
    .then((counted) => within(asked.caps.inputTokens, counted + asked.besideText))
}

/** Tokens of all that was said, and of what was shown without that. */
export function countedOutput(asked: Asked, { said, unsaid }: Reading, tokens: TokenCounter): Promise<number> {
  const beyond = Math.ceil((said.beyond + unsaid) / 4)
  const texts = asked.echoes ? withoutEcho(said.texts(), asked.inputText()) : said.texts()
  return tokens.count(texts, asked.projectId).then((counted) => within(asked.caps.outputTokens, counted + beyond))
}

const within = (most: number | null, counted: number) => Math.min(counted, most ?? counted)

/** What answers have beside the prompt that they were asked to begin with: that is input, and counted as such. */
function withoutEcho(texts: readonly string[], prompt: string | null): readonly string[] {
  if (prompt === null) return texts
  return texts.map((text) => {
    if (text.startsWith(prompt)) return text.slice(prompt.length)
    return prompt.startsWith(text) ? '' : text
  })
}
