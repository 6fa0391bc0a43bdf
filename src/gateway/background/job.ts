import type { Job } from '../../background/job.ts'
import { dueResponses, noteResponse, type OpenResponse } from '../../db/background-responses.ts'
import { pauseOf } from './pace.ts'
import { lookAt, type SettlingParts } from './settle-response.ts'

/** Milliseconds between two looks at which responses are due. */
const EVERY_MS = 1000
/** Responses that are asked about in one run, and at once. */
const MOST = 64
const AT_ONCE = 4

/** Settles responses in the background when they have ended, also where nobody asks for them again. */
export const responsesJob = (parts: SettlingParts): Job => ({
  name: 'background_responses',
  everyMs: EVERY_MS,
  async run(signal) {
    const due = await dueResponses(parts.db.write, parts.now(), MOST)
    let next = 0
    const worker = async () => {
      for (let row = due[next++]; row !== undefined && !signal.aborted; row = due[next++]) await tryLook(parts, row)
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
  },
})

async function tryLook(parts: SettlingParts, row: OpenResponse): Promise<void> {
  const { db, log, now } = parts
  try {
    await lookAt(parts, row)
  } catch (err) {
    log.warn(
      { err, response: row.response_id, upstream: row.upstream },
      'it could not be seen how a response in the background stands; it is tried again',
    )
    await noteResponse(db.write, row, { due_at: now() + pauseOf(now() - row.made_at) })
  }
}
