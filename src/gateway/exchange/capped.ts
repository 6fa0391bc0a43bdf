import type { Asked } from '../call.ts'
import type { Used } from '../use.ts'

/** Of a recording: 4 kbit/s, less than any codec for speech takes, as where its most tokens are bounded. */
const LEAST_BYTES_PER_SECOND = 500
/** That a recording can have whatever its size: servers round up, and bill a least. */
const LEAST_SECONDS = 20

/**
 * Calls of one kind of tool, or sessions, within one call. They are counted by the items of the reply and not by a number in
 * it, but an item costs who makes it up 30 bytes; research that takes half an hour has some hundreds.
 */
const MOST_TOOL_CALLS = 1000

/** What a call is charged with, and how many tokens were reported beyond that. */
export type Capped = { used: Used; excess: number }

/**
 * What was used, as far as it can have been: no more than the call's own most, and in the reports no more than is possible. The
 * parts stay within the whole they are in.
 */
export function capped(used: Used, { caps, worst }: Pick<Asked, 'caps' | 'worst'>): Capped {
  const inputTokens = Math.min(used.inputTokens, caps.inputTokens ?? used.inputTokens)
  const outputTokens = Math.min(used.outputTokens, caps.outputTokens ?? used.outputTokens)
  const excess = used.inputTokens - inputTokens + used.outputTokens - outputTokens
  const seconds = mostSeconds(worst)
  const calls = Math.max(used.webSearchCalls, used.fileSearchCalls, used.codeInterpreterSessions)
  // Nearly every call.
  if (excess === 0 && used.images <= worst.images && used.seconds <= seconds && calls <= MOST_TOOL_CALLS)
    return { used, excess }
  const inputAudioTokens = Math.min(used.inputAudioTokens, inputTokens)
  const outputAudioTokens = Math.min(used.outputAudioTokens, outputTokens)
  return {
    used: {
      ...used,
      inputTokens,
      cachedInputTokens: Math.min(used.cachedInputTokens, inputTokens),
      inputAudioTokens,
      inputImageTokens: Math.min(used.inputImageTokens, inputTokens - inputAudioTokens),
      outputTokens,
      outputAudioTokens,
      outputImageTokens: Math.min(used.outputImageTokens, outputTokens - outputAudioTokens),
      images: Math.min(used.images, worst.images),
      seconds: Math.min(used.seconds, seconds),
      webSearchCalls: Math.min(used.webSearchCalls, MOST_TOOL_CALLS),
      fileSearchCalls: Math.min(used.fileSearchCalls, MOST_TOOL_CALLS),
      codeInterpreterSessions: Math.min(used.codeInterpreterSessions, MOST_TOOL_CALLS),
    },
    excess,
  }
}

/** Of sound, from recordings of so many bytes. */
const mostSeconds = ({ audioMegabytes }: Asked['worst']) =>
  LEAST_SECONDS + Math.ceil((audioMegabytes * 1_000_000) / LEAST_BYTES_PER_SECOND)
