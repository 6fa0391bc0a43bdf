import type { ApiError } from '../../contract/error.ts'
import { OWN_UPSTREAM } from '../../core/offer.ts'
import { isOwnedId } from '../../core/owned.ts'
import { type BatchRow, changeBatch } from '../../db/batch.ts'
import { isTheirs } from '../../ledger/asker.ts'
import type { Gate } from '../gate.ts'
import { keyGone, ownRefusal } from '../keys/authorize.ts'
import type { Grant } from '../keys/grant.ts'
import { atUpstreams } from '../routes/batches.ts'
import { asBrought } from '../routes/brought.ts'
import { routeOf } from '../routes/match.ts'
import type { GatewayRoute } from '../routes/table.ts'
import { invalidReply } from '../upstreams/failures.ts'
import { askFor, contentOf } from './asking.ts'
import { deleteCopy, fail, type Life, secondsOf } from './ending.ts'
import { type Judged, judgeFile } from './judging.ts'
import { errorOf, WrongLine } from './line-error.ts'
import { send } from './sending.ts'
import { saidBy } from './words.ts'

const JSON_BODY = { 'content-type': 'application/json' }

/** Judges a batch's file, by what its key may do and its project rules now, and has what may be sent lie at its upstream. */
export async function validate(life: Life, batch: BatchRow): Promise<void> {
  const { gate, charging, signal } = life
  const route = asBrought(routeOf('POST', batch.endpoint, gate.offers), JSON_BODY)
  const grant = await grantOf(gate, batch)
  const refused = grant === null ? keyGone() : refusalOf(gate, grant, route)
  if (grant === null || refused !== null) return fail(life, batch, [errorOf(refused, null)])
  const content = await inputOf(life, grant, batch)
  if (content === null) return fail(life, batch, [errorOf(noFile(batch), null)])
  const need = charging.need(grant)
  const judged = await judgeFile({ gate: ofNobody(gate), batch, grant, route, need, signal }, content)
  if (Array.isArray(judged)) return fail(life, batch, judged)
  await using _ = judged.copy
  const known = await changeBatch(gate.db.write, batch, { model: judged.model, request_total: judged.lines })
  // Its end was asked for meanwhile.
  if (known === null) return
  const full = await need.hold(known)
  if (full !== null) return fail(life, known, [full])
  signal.throwIfAborted()
  const copied = await upload(life, known, judged)
  if (copied !== null) await send(life, copied)
}

/** What the key that made it may do now. */
async function grantOf(gate: Gate, { organization_id, project_id, key_id }: BatchRow): Promise<Grant | null> {
  const grant = await gate.grants.ofKey({ organizationId: organization_id, keyId: key_id })
  return grant !== null && grant.rules.projectId === project_id ? grant : null
}

function refusalOf(gate: Gate, grant: Grant, { permission }: GatewayRoute): ApiError | null {
  const now = secondsOf(gate)
  return ownRefusal(grant, 'api.batch.write', now) ?? ownRefusal(grant, permission, now)
}

/** The content of its input file, which may have been deleted since or have expired. */
async function inputOf({ gate, signal }: Life, { rules }: Grant, { input_file_id: id }: BatchRow) {
  const [owner] = await gate.owners.find([{ kind: 'file', id }], rules)
  if (!owner || !isTheirs(owner, rules) || owner.label !== 'batch') return null
  return contentOf(gate, owner.upstream, id, signal)
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
async function upload(life: Life, batch: BatchRow, { copy, upstreams }: Judged): Promise<BatchRow | null> {
  const { gate } = life
  const upstream = upstreams[0] as string
  const { status, object } = await askFor(gate, {
    ...{ method: 'POST', path: atUpstreams.files, upstream, signal: life.signal },
    body: copy.form(`${batch.id}.jsonl`),
  })
  if (status >= 400 && status < 500) {
    await fail(life, batch, [saidBy(batch, object)])
    return null
  }
  const id = object?.id
  if (status >= 300 || typeof id !== 'string' || !isOwnedId(id)) throw invalidReply(new Error('no file was made'))
  const runner = upstream === OWN_UPSTREAM ? 'gatehouse' : 'upstream'
  const copied = await changeBatch(gate.db.write, batch, { upstream, upstream_file_id: id, runner })
  if (copied === null) await deleteCopy(life, upstream, id)
  return copied
}
