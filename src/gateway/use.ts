/** The most that a call can use, as far as it can be known before the call; what limits and money are reserved by. */
export type Worst = {
  /** Tokens charged against the limits: the larger of the requested maximum and the estimate, for each answer. */
  tokens: number
  /** Estimated tokens of the input: a token for each four characters begun. Limits are charged by it. */
  inputTokens: number
  /** Most tokens that what is in the request can be: a token for each byte of text. Money is set aside by it. */
  boundTokens: number
  /** Most tokens that all answers together can have. */
  outputTokens: number
  images: number
  /** Of audio that is sent; megabytes of a million bytes, with fractions. */
  audioMegabytes: number
}

/** Of a call that can use nothing but its request. */
export const NO_WORST: Worst = {
  tokens: 0,
  inputTokens: 0,
  boundTokens: 0,
  outputTokens: 0,
  images: 0,
  audioMegabytes: 0,
}

/** What a call has used. Parts of the input and the output are included in them. */
export type Used = {
  inputTokens: number
  cachedInputTokens: number
  outputTokens: number
  inputAudioTokens: number
  inputImageTokens: number
  outputAudioTokens: number
  outputImageTokens: number
  images: number
  /** Of audio that was transcribed. */
  seconds: number
  webSearchCalls: number
  fileSearchCalls: number
  codeInterpreterSessions: number
  /** What the reply names as the tier it was served in. */
  serviceTier: string | null
}

export const NOTHING_USED: Used = {
  inputTokens: 0,
  cachedInputTokens: 0,
  outputTokens: 0,
  inputAudioTokens: 0,
  inputImageTokens: 0,
  outputAudioTokens: 0,
  outputImageTokens: 0,
  images: 0,
  seconds: 0,
  webSearchCalls: 0,
  fileSearchCalls: 0,
  codeInterpreterSessions: 0,
  serviceTier: null,
}
