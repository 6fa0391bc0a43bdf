/** What an answer has used. */
type Used = { input: number; cached?: number; output: number; reasoning?: number }

/** As responses say it, and batches of anything. */
export const responseUsage = ({ input, cached = 0, output, reasoning = 0 }: Used) => ({
  input_tokens: input,
  input_tokens_details: { cached_tokens: cached },
  output_tokens: output,
  output_tokens_details: { reasoning_tokens: reasoning },
  total_tokens: input + output,
})

/** As chat completions say it. */
export const chatUsage = ({ input, cached = 0, output, reasoning = 0 }: Used) => ({
  prompt_tokens: input,
  completion_tokens: output,
  total_tokens: input + output,
  prompt_tokens_details: { cached_tokens: cached },
  completion_tokens_details: { reasoning_tokens: reasoning },
})
