/** What a call used, as the model server reports it: the cached tokens are among the input. */
export type TokensUsed = { input: number; cached: number; output: number }

/** What an answer, or an event of a stream, adds to what is known. */
type Piece = {
  text: string
  /** Whether the model has said anything with it: a thought is something as well. */
  isSomething: boolean
  finish: string | null
  used: TokensUsed | null
}

type Fields = Record<string, unknown>

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {})
const textOf = (value: unknown): string => (typeof value === 'string' ? value : '')
const countOf = (value: unknown): number => (Number.isSafeInteger(value) && Number(value) > 0 ? Number(value) : 0)

/** Reads it as far as it is what it should be: a model server's word is believed in nothing, not even in being a text. */
export function pieceOf(said: unknown): Piece {
  const { choices, usage } = fieldsOf(said)
  const choice = fieldsOf(Array.isArray(choices) ? choices[0] : null)
  const { content, refusal, reasoning, reasoning_content } = fieldsOf(choice.delta ?? choice.message)
  const text = textOf(content) || textOf(refusal)
  return {
    text,
    isSomething: (text || textOf(reasoning) || textOf(reasoning_content)) !== '',
    finish: textOf(choice.finish_reason) || null,
    used: typeof usage === 'object' && usage !== null ? tokensOf(usage as Fields) : null,
  }
}

const tokensOf = ({ prompt_tokens, completion_tokens, prompt_tokens_details }: Fields): TokensUsed => ({
  input: countOf(prompt_tokens),
  cached: countOf(fieldsOf(prompt_tokens_details).cached_tokens),
  output: countOf(completion_tokens),
})
