import { amount } from './amount.ts'

/** What model servers have said of the use of a call, name by name; null where none said it, or what cannot be. */
export type UsageFields = {
  /** Both names of the input: only beside the second one is what a cache had not in it. */
  prompt: number | null
  input: number | null
  output: number | null
  total: number
  /** Of the input, from a cache. */
  cached: number
  /** Read from a cache and written into it, by the names of a server that has neither in its input (Anthropic). */
  cacheRead: number
  cacheWritten: number
  inputAudio: number
  inputImage: number
  outputAudio: number
  outputImage: number
  seconds: number | null
}

export const NO_USAGE: Readonly<UsageFields> = {
  prompt: null,
  input: null,
  output: null,
  total: 0,
  cached: 0,
  cacheRead: 0,
  cacheWritten: 0,
  inputAudio: 0,
  inputImage: 0,
  outputAudio: 0,
  outputImage: 0,
  seconds: null,
}

type Fields = Record<string, unknown>

/** The fields of an object; of anything else there are none. */
export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {}
}

/** Whether a `usage` object reports some input, and some output. */
export function usedIn(value: unknown): { readsInput: boolean; saysOutput: boolean } {
  const usage = fieldsOf(value)
  return {
    readsInput: some(usage.prompt_tokens) > 0 || some(usage.input_tokens) > 0,
    saysOutput: some(usage.completion_tokens) > 0 || some(usage.output_tokens) > 0,
  }
}

/** Reads one `usage` object, whoever's names it has. */
export function readUsage(value: unknown): UsageFields {
  const usage = fieldsOf(value)
  const input = fieldsOf(usage.prompt_tokens_details ?? usage.input_tokens_details ?? usage.input_token_details)
  const output = fieldsOf(usage.completion_tokens_details ?? usage.output_tokens_details ?? usage.output_token_details)
  return {
    prompt: amount(usage.prompt_tokens),
    input: amount(usage.input_tokens),
    output: larger(amount(usage.completion_tokens), amount(usage.output_tokens)),
    total: some(usage.total_tokens),
    cached: Math.max(some(input.cached_tokens), some(usage.cached_tokens), some(usage.prompt_cache_hit_tokens)),
    cacheRead: some(usage.cache_read_input_tokens),
    cacheWritten: some(usage.cache_creation_input_tokens),
    inputAudio: some(input.audio_tokens),
    inputImage: some(input.image_tokens),
    outputAudio: some(output.audio_tokens),
    outputImage: some(output.image_tokens),
    seconds: amount(usage.seconds),
  }
}

/**
 * Two reports of one call as one. A server reports all of its use so far, each time it does, so that of each field the larger
 * is the later one; what is smaller behind a larger one is a placeholder, a half, or of a server that forgot.
 */
export function merged(one: Readonly<UsageFields>, other: Readonly<UsageFields>): UsageFields {
  return {
    prompt: larger(one.prompt, other.prompt),
    input: larger(one.input, other.input),
    output: larger(one.output, other.output),
    total: Math.max(one.total, other.total),
    cached: Math.max(one.cached, other.cached),
    cacheRead: Math.max(one.cacheRead, other.cacheRead),
    cacheWritten: Math.max(one.cacheWritten, other.cacheWritten),
    inputAudio: Math.max(one.inputAudio, other.inputAudio),
    inputImage: Math.max(one.inputImage, other.inputImage),
    outputAudio: Math.max(one.outputAudio, other.outputAudio),
    outputImage: Math.max(one.outputImage, other.outputImage),
    seconds: larger(one.seconds, other.seconds),
  }
}

/** How much is reported; what is no amount is none. */
export const some = (value: unknown): number => amount(value) ?? 0

/** Of those that are known. */
export const larger = (one: number | null, other: number | null) =>
  one === null || other === null ? (one ?? other) : Math.max(one, other)
