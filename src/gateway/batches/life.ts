import type { BatchRow } from '../../db/batch.ts'
import { cleanUp, takeUpCopy } from './copying.ts'
import { end, isEnding, isOverdue, type Life, secondsOf } from './ending.ts'
import { poll } from './polling.ts'
import { send, sendAgain } from './sending.ts'
import { validate } from './validating.ts'

/*
 * A batch's row says at each moment what comes next, whoever did the last step and however that ended:
 *
 * | copy of its lines | asked for | made there | what comes next |
 * |---|---|---|---|
 * | no | no | no | its file is judged, and the copy uploaded: under a name that is noted before |
 * | nobody heard | no | no | it is looked for by that name |
 * | yes | no | no | the upstream is asked to make it |
 * | yes | yes | no | nobody heard what became of that: it is looked for by its copy, and else asked for once more |
 * | yes | yes | yes | the upstream is asked how it stands; at its end the results are settled |
 *
 * One that has ended and has a copy there, or may have one, loses that.
 */

/** Does what comes next. @throws what reading, judging and asking throw: it is tried again */
export async function advance(life: Life, batch: BatchRow): Promise<void> {
  const { status, upstream_file_id: copy, upstream_batch_id: made, sent_at: sent, expires_at: expires, copying } = batch
  if (isEnding(status)) return cleanUp(life, batch)
  if (isOverdue(life.gate, batch)) return giveUp(life, batch)
  if (made !== null) return poll(life, batch)
  if (sent !== null) return sendAgain(life, batch)
  if (status === 'cancelling') return end(life, batch, 'cancelled', {})
  if (expires !== null && secondsOf(life.gate) >= expires) return end(life, batch, 'expired', {})
  if (copy !== null) return send(life, batch)
  if (copying === null) return validate(life, batch)
  const known = await takeUpCopy(life, batch)
  if (known !== null) await advance(life, known)
}

/** Its upstream says no end, or is none any more: what it holds is given back, and what it has used nobody knows. */
async function giveUp(life: Life, batch: BatchRow): Promise<void> {
  const { id, upstream, upstream_batch_id: made } = batch
  life.gate.log.error(
    { batch: id, upstream, made },
    'a batch is ended whose upstream says no end: what it has used is not known',
  )
  await end(life, batch, 'expired', {})
}
