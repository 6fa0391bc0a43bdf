import { larger, type UsageFields } from './usage-object.ts'

/** What reports come to: input and output, each null where nobody said it. */
export type Reported = {
  inputTokens: number | null
  outputTokens: number | null
  /** A total of which nobody said what is input and what output; else 0. */
  undivided: number
  cachedInputTokens: number
}

/**
 * What all that was reported of a call comes to.
 *
 * A `total_tokens` larger than input and output together is believed, since somebody is billed for it: first it is the cached
 * input, where a server reports more of it than input, then the half that was not reported, and what is left is thoughts
 * that a server does not count as output (Gemini, Grok).
 * @param hasOutput whether there can be output: else what is left is input
 */
export function reportedBy(usage: Readonly<UsageFields>, hasOutput: boolean): Reported {
  const { total } = usage
  const beside = besideInput(usage)
  let input = beside > 0 ? (inputOf(usage) ?? 0) + beside : inputOf(usage)
  let output = usage.output
  const cached = Math.max(usage.cached, usage.cacheRead)
  let unexplained = total - (input ?? 0) - (output ?? 0)
  if (input !== null && cached > input && unexplained > 0) {
    const outside = Math.min(cached, unexplained)
    input += outside
    unexplained -= outside
  }
  const [saidInput, saidOutput] = [(input ?? 0) > 0, (output ?? 0) > 0]
  if (unexplained > 0 && (saidOutput || !hasOutput) && !(saidInput && hasOutput)) input = (input ?? 0) + unexplained
  else if (unexplained > 0 && saidInput) output = (output ?? 0) + unexplained
  const undivided = saidInput || saidOutput || !hasOutput ? 0 : total
  return { inputTokens: input, outputTokens: output, undivided, cachedInputTokens: cached }
}

/** What can be of the output in a report: more of it than in an earlier one is said of a longer answer. */
export function spokenIn(usage: Readonly<UsageFields>): number {
  return Math.max(usage.output ?? 0, usage.total - (inputOf(usage) ?? 0))
}

/** Whether a report says in two ways that there was no output: by its number and by its sum. */
export function saysNone(usage: Readonly<UsageFields>): boolean {
  const input = inputOf(usage) ?? 0
  return usage.output === 0 && input > 0 && usage.total === input
}

const inputOf = ({ prompt, input }: Readonly<UsageFields>) => larger(prompt, input)

/**
 * Tokens that a cache had, or was given, beside the reported input. They are in it where its sum says so, or where it has the
 * name that others have for all of it and is large enough. A server that takes the name of the Anthropic API for all of it (some
 * versions of SGLang) says nothing of that: what the name means there is believed, so that nobody pays less than was used.
 */
function besideInput(usage: Readonly<UsageFields>): number {
  const { prompt, output, total, cached, cacheRead, cacheWritten } = usage
  const cache = cacheRead + cacheWritten
  const input = inputOf(usage)
  if (cache === 0 || cached > 0 || input === null) return 0
  const fits = cache <= input
  const unexplained = total - input - (output ?? 0)
  if (total > 0) return fits && unexplained < cache ? 0 : cache
  return fits && prompt !== null ? 0 : cache
}
