import type { Asked, Outcome } from '../call.ts'
import type { Charges, WatchedReply } from '../routes/declaration.ts'
import type { Used } from '../use.ts'
import { countedInput, countedOutput } from './counted.ts'
import type { Reading } from './reply-facts.ts'
import type { TokenCounter } from './token-counter.ts'
import { type Reported, reportedBy, saysNone } from './usage-reported.ts'

/** Of sound compressed to 128 kbit/s. */
const BYTES_PER_SECOND = 16_000

/** A reply that is over in whatever way, and the call that it answers. */
export type Ended = {
  reply: WatchedReply
  charges: Charges
  asked: Asked
  tokens: TokenCounter
  reading: Reading
  end: Outcome['end']
  /** Whether it came as a stream of events. */
  isStream: boolean
}

/** What a call has used, by what its reply reported, and else by what it said: a promise where that has to be counted. */
export function usedBy(ended: Ended): Used | Promise<Used> {
  const reported = reportedBy(ended.reading.usage, ended.charges.output)
  if (reported.undivided > 0) return dividedBy(ended, reported)
  const [input, output] = [inputOf(ended, reported), outputOf(ended, reported)]
  // Most replies say all of it, and nothing is waited for.
  if (typeof input === 'number' && typeof output === 'number') return usedOf(ended, reported, input, output)
  return Promise.all([input, output]).then(([input, output]) => usedOf(ended, reported, input, output))
}

/** A model that was asked something has read something: none is what servers report that do not know. */
function inputOf({ reply, asked, tokens }: Ended, { inputTokens, cachedInputTokens }: Reported) {
  if (reply.counts === 'nothing' || (inputTokens ?? 0) > 0) return inputTokens ?? 0
  const counted = countedInput(asked, tokens)
  // What a cache had of it was read, too.
  if (typeof counted === 'number') return Math.max(counted, cachedInputTokens)
  return counted.then((counted) => Math.max(counted, cachedInputTokens))
}

/** Reported output counts, unless the model went on after the report: then what was said, if that is more. */
function outputOf({ reply, asked, tokens, reading }: Ended, { outputTokens }: Reported): number | Promise<number> {
  const reported = outputTokens ?? 0
  const isLastWord = !reading.saidMore && (reported > 0 || saysNone(reading.usage))
  if (reply.counts !== 'input_and_output' || isLastWord || !hasText(reading)) return reported
  return countedOutput(asked, reading, tokens).then((counted) => Math.max(reported, counted))
}

const hasText = ({ said, unsaid }: Reading) => said.bytes + unsaid > 0

/** Of a total alone the input is what is counted of it, and the rest is what was answered. */
async function dividedBy(ended: Ended, reported: Reported): Promise<Used> {
  const { reply, asked, tokens, reading } = ended
  const { undivided } = reported
  if (reply.counts === 'nothing') return usedOf(ended, reported, undivided, 0)
  const [input, said] = await Promise.all([
    countedInput(asked, tokens),
    hasText(reading) ? countedOutput(asked, reading, tokens) : 0,
  ])
  const read = Math.min(input, Math.max(0, undivided - said))
  return usedOf(ended, reported, read, reading.saidMore ? Math.max(said, undivided - read) : undivided - read)
}

function usedOf(ended: Ended, reported: Reported, inputTokens: number, outputTokens: number): Used {
  const { toolCalls, serviceTier, duration, usage } = ended.reading
  const inputAudioTokens = Math.min(usage.inputAudio, inputTokens)
  const outputAudioTokens = Math.min(usage.outputAudio, outputTokens)
  return {
    inputTokens,
    cachedInputTokens: Math.min(reported.cachedInputTokens, inputTokens),
    outputTokens,
    inputAudioTokens,
    inputImageTokens: Math.min(usage.inputImage, inputTokens - inputAudioTokens),
    outputAudioTokens,
    outputImageTokens: Math.min(usage.outputImage, outputTokens - outputAudioTokens),
    images: imagesOf(ended),
    seconds: usage.seconds ?? duration ?? heardIn(ended),
    webSearchCalls: toolCalls.webSearch,
    fileSearchCalls: toolCalls.fileSearch,
    codeInterpreterSessions: toolCalls.codeInterpreter,
    serviceTier: serviceTier !== null && /^[\w.-]{1,64}$/.test(serviceTier) ? serviceTier : null,
  }
}

/** Seconds of audio where the reply does not say: by its size, as speech is usually recorded. */
const heardIn = ({ reply, asked }: Ended) =>
  reply.hears ? Math.ceil((asked.worst.audioMegabytes * 1_000_000) / BYTES_PER_SECOND) : 0

/** A server begins a reply when its images are made, and a stream when it makes one: leaving then does not unmake them. */
function imagesOf({ reply, asked, reading, end, isStream }: Ended): number {
  const { images: seen, imageBegun } = reading
  if (end === 'complete' || !reply.makesImages) return seen
  return isStream ? seen + (imageBegun ? 1 : 0) : Math.max(seen, asked.worst.images)
}
