import { isOwnedId, type Kept, NEVER } from '../../core/owned.ts'
import type { JsonObject } from '../body/fields.ts'
import type { Body } from '../body/read-body.ts'
import type { Call, Outcome } from '../call.ts'
import { endsNamed } from '../exchange/claiming.ts'
import type { Gate } from '../gate.ts'
import type { Inquiry } from '../inquire.ts'
import { kinds } from '../kinds/kinds.ts'
import type { Brought } from '../routes/declaration.ts'
import { invalidReply } from '../upstreams/failures.ts'
import { ask, objectIn, type Said } from './ask.ts'

/** Bytes of what a reply brings, at most. */
const MOST_BYTES = 4 * 1024 * 1024

/**
 * Sends a call on whose reply brings its project something, and answers when that is the project's for good: nobody has heard of an id
 * that another could claim, or that this server forgets where it is killed.
 * @returns how it ended
 * @throws ApiError where the model server cannot be had, or gave what it had given to another before
 */
export async function bring(gate: Gate, call: Call, { upstreams }: Inquiry, body: Body): Promise<Outcome> {
  const { route, response } = call
  const { method, upstreamPath: path } = route
  const sent = { headers: body.headers, body: body.forwarded }
  const said = await ask(gate, call, { method, path, upstreams, ...sent, most: MOST_BYTES, isKept: true })
  if (!('bytes' in said)) return said
  if (said.status < 300) {
    await keepBrought(gate, call, objectIn(said.bytes), said)
    endsNamed(gate.owners, call)
  }
  if (response.destroyed) return { status: said.status, end: 'client_gone' }
  response.writeHead(said.status, said.headers)
  response.end(said.bytes)
  return { status: said.status, end: 'complete' }
}

/** Makes what a reply brings the project's. What cannot be is in the log, for the account has it. @throws ApiError as `bring` does */
async function keepBrought(
  { owners, now, log }: Pick<Gate, 'owners' | 'now' | 'log'>,
  { route, grant }: Pick<Call, 'route' | 'grant'>,
  object: JsonObject | null,
  { upstream }: Pick<Said, 'upstream'>,
): Promise<void> {
  const seconds = Math.floor(now() / 1000)
  const kept = object === null ? [] : route.brings.flatMap((brought) => keptOf(brought, object, seconds))
  const { organizationId, projectId } = grant.rules
  const made = { upstream, project: projectId, made: kept.map(({ kind, id }) => `${kind} ${id}`) }
  try {
    if (!kept.some(({ kind }) => kind === route.brings[0]?.kind)) throw invalidReply(new Error('nothing with an id'))
    const [strange] = await owners.keep(kept, { organizationId, projectId, upstream })
    if (strange !== undefined) throw invalidReply(new Error(`a ${strange.kind} with an id that is another's`))
  } catch (err) {
    log.error({ ...made, err }, 'a model server has made what nobody owns: its client was told nothing of it')
    throw err
  }
}

/** What is kept of something that a reply shows; nothing where it does not show it. @param now Unix seconds */
function keptOf({ kind, at, label }: Brought, object: JsonObject, now: number): Kept[] {
  const steps = at.split('.')
  const last = steps.pop() ?? at
  let around: unknown = object
  for (const step of steps) around = memberOf(around, step)
  const id = memberOf(around, last)
  if (typeof id !== 'string' || !isOwnedId(id)) return []
  const said = label === null ? null : memberOf(around, label)
  const { lifeSeconds, isEndSaid } = kinds[kind]
  const expiresAt = isEndSaid && last === 'id' ? memberOf(around, 'expires_at') : null
  const ends = isTime(expiresAt) ? expiresAt : lifeSeconds === null ? null : now + lifeSeconds
  return [{ kind, id, label: typeof said === 'string' ? said : null, expiresAt: ends }]
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? value[name as keyof typeof value]
    : undefined

/** Unix seconds. */
const isTime = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) > 0 && Number(value) < NEVER
