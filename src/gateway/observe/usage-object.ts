/** The usage that a reply reports, of whatever server; null where it does not say, or says what cannot be. */
export type Reported = {
  inputTokens: number | null
  cachedInputTokens: number
  outputTokens: number | null
  inputAudioTokens: number
  inputImageTokens: number
  outputAudioTokens: number
  outputImageTokens: number
  seconds: number | null
}

/** More than any one call can use: a number beyond it is a mistake and not a measurement. */
const MOST = 1_000_000_000

type Fields = Record<string, unknown>

/** A whole number from 0 on; a fraction counts as one more, and null is what cannot be an amount. */
export function amount(value: unknown): number | null {
  return typeof value === 'number' && value >= 0 && value <= MOST ? Math.ceil(value) || 0 : null
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

/** The first of several names under which something is reported. */
function first(of: Fields, ...names: string[]): number | null {
  for (const name of names) {
    const found = amount(of[name])
    if (found !== null) return found
  }
  return null
}

const within = (whole: number | null, part: unknown) => Math.min(amount(part) ?? 0, whole ?? 0)

/**
 * Reads a `usage` object. The parts are never more than the whole that they are in.
 *
 * A `total_tokens` larger than input and output together is believed, since somebody is billed for it: first it is the cached
 * input, where a server reports more of it than input (Anthropic's way), and what is left is thoughts that a server does not
 * count as output (Gemini, Grok).
 */
export function readUsage(value: unknown): Reported {
  const usage = fields(value)
  const inputDetails = fields(usage.prompt_tokens_details ?? usage.input_tokens_details ?? usage.input_token_details)
  const outputDetails = fields(
    usage.completion_tokens_details ?? usage.output_tokens_details ?? usage.output_token_details,
  )
  let input = first(usage, 'prompt_tokens', 'input_tokens')
  let output = first(usage, 'completion_tokens', 'output_tokens')
  const cached = first(inputDetails, 'cached_tokens') ?? first(usage, 'cached_tokens', 'prompt_cache_hit_tokens') ?? 0
  let unexplained = (amount(usage.total_tokens) ?? 0) - (input ?? 0) - (output ?? 0)
  if (input !== null && cached > input && unexplained > 0) {
    const outside = Math.min(cached, unexplained)
    input += outside
    unexplained -= outside
  }
  if (input !== null && output !== null && unexplained > 0) output += unexplained
  const inputAudio = within(input, inputDetails.audio_tokens)
  const inputImage = within((input ?? 0) - inputAudio, inputDetails.image_tokens)
  const outputAudio = within(output, outputDetails.audio_tokens)
  const outputImage = within((output ?? 0) - outputAudio, outputDetails.image_tokens)
  return {
    inputTokens: input,
    cachedInputTokens: Math.min(cached, input ?? 0),
    outputTokens: output,
    inputAudioTokens: inputAudio,
    inputImageTokens: inputImage,
    outputAudioTokens: outputAudio,
    outputImageTokens: outputImage,
    seconds: amount(usage.seconds),
  }
}
