import type { Job } from '../../background/job.ts'
import { Lanes } from '../../background/lanes.ts'
import { dueResponses, noteResponse, type OpenResponse } from '../../db/background-responses.ts'
import { pauseOf } from './pace.ts'
import { lookAt, type SettlingParts } from './settle-response.ts'

/** Milliseconds between two looks at which responses are due. */
const EVERY_MS = 1000
/** Responses that are begun with together, and of one model server that are asked about at once. */
const MOST = 64
const AT_ONCE = 4
/** Of those whose names nobody has heard: no model server is asked about them. */
const UNNAMED = ''

/**
 * Settles responses in the background when they have ended, also where nobody asks for them again. One model server that is silent holds up
 * nobody but its own.
 */
export const responsesJob = (parts: SettlingParts): Job => ({
  name: 'background_responses',
  everyMs: EVERY_MS,
  async run(signal) {
    const lanes = new Lanes<OpenResponse>((row) => tryLook(parts, row), signal)
    await lanes.work(async () => {
      const due = await dueResponses(parts.db.write, { now: parts.now(), limit: MOST, notAt: lanes.busy })
      for (const [lane, rows] of Map.groupBy(due, ({ upstream }) => upstream ?? UNNAMED))
        void lanes.begin(lane, rows, AT_ONCE)
    }, EVERY_MS)
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
    await noteResponse(db.write, row, { due_at: now() + pauseOf(now() - row.made_at) }).catch((failure: unknown) =>
      log.warn(
        { err: failure, response: row.response_id },
        'it could not be noted when a response is asked about again',
      ),
    )
  }
}
