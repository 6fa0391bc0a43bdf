import { inspect, isDeepStrictEqual } from 'node:util'
import { seeded } from '../../support/seeded.ts'
import { madeReply } from './made.ts'
import { nodeReading, type OwnReading, ownReading } from './readings.ts'

export type RepliesRun = { seed: number; replies: number; first?: number }
export type RepliesResult = { taken: number; refused: number; faults: string[] }

/** Faults beyond which a run has said enough. */
const MOST_FAULTS = 10

/**
 * Replies that were right and were changed, each read by our client's parser and, where that takes it, by Node's own: what both
 * read must be the same, however the bytes come. What Node takes and we refuse is no fault.
 */
export async function fuzzReplies({ seed, replies, first = 0 }: RepliesRun): Promise<RepliesResult> {
  const result: RepliesResult = { taken: 0, refused: 0, faults: [] }
  for (let i = first; i < first + replies && result.faults.length < MOST_FAULTS; i++) {
    const chance = seeded(seed, i)
    const isBodiless = chance.between(0, 9) === 0
    const reply = Buffer.from(madeReply(chance), 'latin1')
    const own = ownReading(reply, isBodiless, () => 1)
    const fault =
      (await differs(own, reply, isBodiless)) ?? cutOtherwise(own, reply, isBodiless, () => chance.between(1, 40))
    if ('refused' in own) result.refused++
    else result.taken++
    if (fault !== null) result.faults.push(`seed ${seed}, reply ${i}: ${fault}\n${inspect(reply.toString('latin1'))}`)
  }
  return result
}

async function differs(own: OwnReading, reply: Buffer, isBodiless: boolean): Promise<string | null> {
  if ('refused' in own) return null
  // Whoever sends the request, not the parser, knows that nobody asked for these.
  if (own.reading.statuses.some((status) => status === 100 || status === 101)) return null
  const node = await nodeReading(reply.subarray(0, own.bytes), isBodiless)
  return isDeepStrictEqual(own.reading, node) ? null : `${inspect(own.reading)} is to Node ${inspect(node)}`
}

/** The same bytes in other pieces. */
function cutOtherwise(own: OwnReading, reply: Buffer, isBodiless: boolean, cuts: () => number): string | null {
  const other = ownReading(reply, isBodiless, cuts)
  if ('refused' in own && 'refused' in other) return null
  const same = 'reading' in own && 'reading' in other && isDeepStrictEqual(own.reading, other.reading)
  return same ? null : `it is cut otherwise, and ${inspect(own)} becomes ${inspect(other)}`
}
