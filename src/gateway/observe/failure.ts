import type { Outcome } from '../call.ts'
import type { WatchedReply } from '../routes/declaration.ts'
import type { Reading } from './reply-facts.ts'
import type { ReplyReader } from './reply-reader.ts'
import { spokenIn } from './usage-reported.ts'

/**
 * Whether a reply of a good status is a failure: it says so, is a page for people, or has nothing in it, and nothing of an
 * answer came with it. What comes after output takes nothing back, and who leaves before anything came has not seen one.
 */
export function isFailure(reply: WatchedReply, reader: ReplyReader, reading: Reading, end: Outcome['end']): boolean {
  if (end === 'overran' || hasOutput(reading)) return false
  if (reader.form === 'page') return true
  if (reading.failed) return reader.form === 'events' || reader.isWhole
  const isEmpty = reader.form === null || (reader.form === 'events' && !reading.heard)
  // Of silence the transcript is an empty text.
  const isAnswer = reply.hears && reader.isText
  return isEmpty && !isAnswer && end !== 'client_gone'
}

function hasOutput({ said, delivered, images, imageBegun, toolCalls, usage }: Reading): boolean {
  const { webSearch, fileSearch, codeInterpreter } = toolCalls
  const made = images + webSearch + fileSearch + codeInterpreter
  return said.bytes > 0 || delivered || imageBegun || made > 0 || spokenIn(usage) > 0
}
