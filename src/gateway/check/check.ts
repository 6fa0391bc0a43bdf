import { isUtf8 } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'
import { ApiError, unavailable } from '../../contract/error.ts'
import { type CatalogueModel, plainModel } from '../../core/catalogue.ts'
import { isDots } from '../../core/model-name.ts'
import { hidesFrom } from '../../core/model-projects.ts'
import { type Body, readBody } from '../body/read-body.ts'
import type { Arrival, Asked, Call } from '../call.ts'
import { NO_CAPS } from '../caps.ts'
import { takeAll } from '../counters/take.ts'
import type { Gate } from '../gate.ts'
import { inquire, recorded } from '../inquire.ts'
import { modelUnknown } from '../invalid.ts'
import { letIn, letInAgain } from '../let-in.ts'
import { routeOf } from '../routes/match.ts'
import { notForProxies } from '../routes/not-offered.ts'
import { chargeOf, judgeUnseen } from '../rules/apply.ts'
import { bodyNotSeen } from '../rules/rule.ts'
import { NO_WORST } from '../use.ts'
import { calledOtherwise, refuseEdits } from './carried.ts'
import { originalOf } from './original.ts'

/**
 * Decides about a request that a proxy carries itself: 200 with whose key it is, or what the client is to be told. One
 * request is taken from the limits, and nothing is metered: what the call uses is not seen here.
 * @returns why it was refused; null where it was answered
 */
export async function check(gate: Gate, arrival: Arrival): Promise<ApiError | null> {
  const { request, response, headers } = arrival
  const { method, url } = originalOf(request)
  const route = routeOf(method, url, gate.offers)
  if (route.check === 'not_offered') throw notForProxies(method, url)
  const call = await letIn(gate, arrival, route, url)
  if (call instanceof ApiError) return call
  const body = route.body.kind !== 'none' && bringsBody(request.headers) ? await readBody(gate.bodies, call) : null
  try {
    const closed = body?.waited ? await letInAgain(gate, call) : null
    if (closed !== null) return closed
    const full = await admitOne(gate, call, await modelOf(gate, call, body))
    if (full !== null) return full
  } finally {
    body?.release()
  }
  if (request.headers['x-gatehouse-refused']) throw noLonger()
  const { keyId, ownerId, rules } = call.grant
  if (!request.complete) response.once('finish', () => request.resume())
  response.writeHead(200, {
    ...headers,
    'x-gatehouse-organization': rules.organizationId,
    'x-gatehouse-project': rules.projectId,
    'x-gatehouse-key': keyId,
    'x-gatehouse-user': ownerId,
    'content-length': '0',
  })
  response.end()
  return null
}

/** @throws ApiError 413 for a part of one, which cannot be judged */
function bringsBody(headers: IncomingHttpHeaders): boolean {
  if (headers['transfer-encoding'] === undefined && !(Number(headers['content-length']) > 0)) return false
  if (headers['x-envoy-auth-partial-body'] !== 'true') return true
  const message =
    'The proxy sent only the beginning of the body to be judged. Its max_request_bytes must be as large as the largest body, and allow_partial_message off.'
  throw new ApiError('body_too_large', message)
}

/** The model of a call and those within it, judged by its project's rules with what is there to judge; null where nothing names one. */
async function modelOf(gate: Gate, call: Call, body: Body | null): Promise<Pick<Asked, 'model' | 'within'>> {
  const { route } = call
  const isShown = body !== null && body.judged !== null
  if (route.answeredBy === 'model_server' && (isShown || route.body.kind === 'none')) {
    const { inquiry, edits } = await inquire(gate, call, body ?? { model: null, judged: null })
    refuseEdits(edits)
    return inquiry
  }
  return { model: await unseenModel(gate, call), within: [] }
}

/** The same where nobody has shown the body, or there is none: as the path or the proxy names it. */
async function unseenModel(gate: Gate, call: Call): Promise<CatalogueModel | null> {
  const { route, grant, request } = call
  const { rules } = grant
  const brings = route.body.kind !== 'none'
  const named = brings ? namedBy(request.headersDistinct) : (route.ids.model ?? null)
  const model = named === null ? null : await gate.catalogue.lookUp(rules, named)
  if (named !== null && (model === null || (!brings && mayLeadUp(named)))) throw modelUnknown(named)
  const isNarrowed = hidesFrom(await gate.catalogue.models(), rules.projectId)
  recorded(gate, call, () => {
    judgeUnseen(rules, { project: rules, route, model, isNarrowed })
    if (brings && route.check === 'with_body') throw bodyNotSeen(rules, 'may ask for this with its body only')
  })
  if (!brings) return null
  if (model !== null && model.upstreamName !== model.id) throw calledOtherwise(model)
  return model
}

/** Whether whoever decodes a path first and reads its steps then could be led elsewhere by this id in it. */
const mayLeadUp = (id: string) => id.split(/[/\\]/).some(isDots)

/** The model that a proxy names which knows it; proxies leave a header empty to be rid of it. */
function namedBy(headers: NodeJS.Dict<string[]>): string | null {
  const [written = '', ...more] = headers['x-gatehouse-model'] ?? []
  if (more.length > 0) throw new ApiError('malformed_check', "The header 'x-gatehouse-model' was sent more than once.")
  return written === '' ? null : readName(written)
}

/** Headers come as bytes: what is UTF-8 is read as that, and what is not as it is. */
function readName(written: string): string {
  const bytes = Buffer.from(written, 'latin1')
  return isUtf8(bytes) ? bytes.toString() : written
}

/** What stands for a model that nobody names, where only money spent before is asked about. */
const UNNAMED: CatalogueModel = { ...plainModel('*'), price: { input: 0, cachedInput: 0, output: 0 } }

/**
 * @returns a 429 where there is no room
 * @throws ApiError 400 where a spend limit holds for a model without a price; 503 where it cannot be counted
 */
async function admitOne(
  gate: Gate,
  { grant, route, headers, at }: Call,
  { model, within }: Pick<Asked, 'model' | 'within'>,
): Promise<ApiError | null> {
  const paidAs = model ?? (route.body.kind === 'none' ? null : UNNAMED)
  const wanted = { limitedAs: model, within, paidAs, worst: NO_WORST, caps: NO_CAPS, at }
  const held = await takeAll(gate.counters, chargeOf(grant.rules, gate, wanted))
  if (held instanceof ApiError) return held
  Object.assign(headers, held.headers)
  // What the call uses is not seen here: everything stays as it was taken, and no money is held.
  held.settle({}, 0)
  return null
}

/** A proxy that was refused, and asks once more only for what to tell its client, may not be told yes: it has refused. */
function noLonger(): ApiError {
  const message = 'The request was refused, and would be let in now. Please try again.'
  return unavailable(message)
}
