import type { ApiError } from '../../contract/error.ts'
import { isOwnedId } from '../../core/owned.ts'
import { type BatchRow, changeBatch, findBatch } from '../../db/batch.ts'
import type { Gate } from '../gate.ts'
import { keyGone, ownRefusal } from '../keys/authorize.ts'
import type { Grant } from '../keys/grant.ts'
import { atUpstreams } from '../routes/batches.ts'
import { asBrought } from '../routes/brought.ts'
import { routeOf } from '../routes/match.ts'
import type { GatewayRoute } from '../routes/table.ts'
import { invalidReply } from '../upstreams/failures.ts'
import { askFor } from './asking.ts'
import { type Copying, copied, deleteCopy, newCopying, writeCopying } from './copying.ts'
import { end, fail, type Life, secondsOf } from './ending.ts'
import { inputOf } from './input.ts'
import { type Judged, judgeFile } from './judging.ts'
import { errorOf, keptErrors, WrongLine } from './line-error.ts'
import { send } from './sending.ts'
import { saidBy } from './words.ts'

const JSON_BODY = { 'content-type': 'application/json' }

/** Judges a batch's file, by what its key may do and its project rules now, and has what may be sent lie at its upstream. */
export async function validate(life: Life, batch: BatchRow): Promise<void> {
  const { gate, charging, signal } = life
  const route = asBrought(routeOf('POST', batch.endpoint, gate.offers), JSON_BODY)
  const grant = await grantOf(gate, batch)
  const refused = refusalOf(gate, grant, route)
  if (grant === null || refused !== null) return fail(life, batch, [errorOf(refused, null)])
  const content = await inputOf(life, batch)
  if (content === null) return fail(life, batch, [errorOf(noFile(batch), null)])
  const need = charging.need(grant)
  const judged = await judgeFile({ gate: ofNobody(gate), batch, grant, route, need, signal }, content)
  if (Array.isArray(judged)) return fail(life, batch, judged)
  await using _ = judged.copy
  // To judge it takes its time, in which the key may have ended.
  const meanwhile = refusalOf(gate, await grantOf(gate, batch), route)
  if (meanwhile !== null) return fail(life, batch, [errorOf(meanwhile, null)])
  const known = await changeBatch(gate.db.write, batch, { model: judged.model, request_total: judged.lines })
  // Its end was asked for meanwhile.
  if (known === null) return
  const full = await need.hold(known)
  if (full !== null) return fail(life, known, [full])
  signal.throwIfAborted()
  const copying = newCopying(life, batch, judged.upstreams[0] as string)
  const begun = await changeBatch(gate.db.write, known, { copying: writeCopying(copying) })
  const uploaded = begun && (await upload(life, begun, judged.copy, copying))
  if (uploaded !== null) await send(life, uploaded)
}

/** What the key that made it may do now. */
async function grantOf(gate: Gate, { organization_id, project_id, key_id }: BatchRow): Promise<Grant | null> {
  const grant = await gate.grants.ofKey({ organizationId: organization_id, keyId: key_id })
  return grant !== null && grant.rules.projectId === project_id ? grant : null
}

function refusalOf(gate: Gate, grant: Grant | null, { permission }: GatewayRoute): ApiError | null {
  if (grant === null) return keyGone()
  const now = secondsOf(gate)
  return ownRefusal(grant, 'api.batch.write', now) ?? ownRefusal(grant, permission, now)
}

const noFile = ({ input_file_id: id }: BatchRow) =>
  new WrongLine('file_not_found', `The input file '${id}' is not there any more.`, 'input_file_id')

/** A gate as lines are judged before it: nobody waits for what other nodes have yet to say, and no line is a refused call of its own. */
export const ofNobody = (gate: Gate): Gate => ({
  ...gate,
  refused() {},
  lateOwners: { find: async (wanted, caller) => ({ owners: await gate.owners.find(wanted, caller), waited: false }) },
})

/** @returns the batch with its copy; null where it has none that it knows of */
async function upload(
  life: Life,
  batch: BatchRow,
  copy: Judged['copy'],
  { upstream, filename }: Copying,
): Promise<BatchRow | null> {
  const { gate } = life
  const { status, object } = await askFor(gate, {
    ...{ method: 'POST', path: atUpstreams.files, upstream, signal: life.signal },
    body: copy.form(filename),
  })
  if (status >= 400 && status < 500) {
    await end(life, batch, 'failed', { errors: keptErrors([saidBy(batch, object)]), copying: null })
    return null
  }
  const id = object?.id
  if (status >= 300 || typeof id !== 'string' || !isOwnedId(id)) throw invalidReply(new Error('no file was made'))
  const uploaded = await changeBatch(gate.db.write, batch, copied({ upstream, id }))
  if (uploaded === null && !(await hasCopy(life, batch, id))) await deleteCopy(life, { upstream, id })
  return uploaded
}

/** Whether somebody else who has taken the batch up has found its copy meanwhile. */
async function hasCopy({ gate }: Life, batch: BatchRow, copy: string): Promise<boolean> {
  const { organization_id: organizationId, project_id: projectId, id } = batch
  return (await findBatch(gate.db.write, { organizationId, projectId }, id))?.upstream_file_id === copy
}
