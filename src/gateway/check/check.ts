import type { IncomingHttpHeaders } from 'node:http'
import { ApiError, unavailable } from '../../contract/error.ts'
import { type CatalogueModel, plainModel } from '../../core/catalogue.ts'
import { type Body, readBody } from '../body/read.ts'
import type { Arrival, Call } from '../call.ts'
import { takeAll } from '../counters/take.ts'
import type { Gate } from '../gate.ts'
import { inquire, recorded } from '../inquire.ts'
import { NO_WORST } from '../judge/worst.ts'
import { bearer } from '../keys/authorize.ts'
import { windowsOf } from '../limits/windows.ts'
import { authorize, authorizeAgain, identify } from '../pipeline.ts'
import { routeOf } from '../routes/table.ts'
import { originalOf } from './original.ts'
import { Unchanged } from './unchanged.ts'
import { judgeShown, judgeUnseen } from './unseen.ts'

/**
 * Decides about a request that a proxy carries itself: 200 with whose key it is, or what the client is to be told. One
 * request is taken from the limits, and nothing is metered: what the call uses is not seen here.
 */
export async function check(gate: Gate, { request, response, headers }: Arrival): Promise<null> {
  const { method, url } = originalOf(request)
  const route = routeOf(method, url)
  const token = bearer(request.headers)
  const grant = await identify(gate, token, request.socket)
  const call: Call = { request, response, headers, route, grant, at: gate.now() }
  authorize(gate, call, token)
  const body = route.body !== 'none' && bringsBody(request.headers) ? await readBody(gate.bodies, call) : null
  try {
    if (body?.waited) await authorizeAgain(gate, call, token)
    await admitOne(gate, call, await modelOf(gate, call, body))
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

/** The model of a call, judged by its project's rules with what is there to judge; null where nothing names one. */
async function modelOf(gate: Gate, call: Call, body: Body | null): Promise<CatalogueModel | null> {
  const { route, grant, request } = call
  const { rules } = grant
  const unchanged = new Unchanged()
  const catalogue = unchanged.models(gate.catalogue)
  if (route.model === undefined && (body?.judged || !route.namesModel)) {
    const judged = { model: body?.model ?? null, judged: unchanged.body(body?.judged ?? null) }
    const { model } = await inquire({ ...gate, catalogue }, call, judged)
    if (unchanged.refusal) throw unchanged.refusal
    return model
  }
  const named = route.model === undefined ? namedBy(request.headersDistinct) : route.model
  const known = named === null ? null : await catalogue.lookUp(named)
  const models = { find: () => known }
  const model = recorded(gate, call, () => {
    if (route.namesModel) return judgeUnseen(rules, route, models, named)
    judgeShown(rules, models, named)
    return null
  })
  if (route.namesModel && unchanged.refusal) throw unchanged.refusal
  return model
}

/** The model that a proxy names which knows it; proxies leave a header empty to be rid of it. */
function namedBy(headers: NodeJS.Dict<string[]>): string | null {
  const [named = '', ...more] = headers['x-gatehouse-model'] ?? []
  if (more.length > 0) throw new ApiError('malformed_check', "The header 'x-gatehouse-model' was sent more than once.")
  return named === '' ? null : named
}

/** What stands for a model that nobody names, where only money spent before is asked about. */
const UNNAMED: CatalogueModel = { ...plainModel('*'), price: { input: 0, cachedInput: 0, output: 0 } }
const ONE_REQUEST = { requests: 1, tokens: 0, images: 0, audioMegabytes: 0 }

/** @throws ApiError 429; 400 where a spend limit holds for a model without a price; 503 where it cannot be counted */
async function admitOne(gate: Gate, { grant, route, headers, at }: Call, model: CatalogueModel | null): Promise<void> {
  const { rules } = grant
  const paid = model ?? (route.namesModel ? UNNAMED : null)
  const held = await takeAll(gate.counters, {
    model: windowsOf(rules, gate.catalogue.current, model),
    cost: ONE_REQUEST,
    money: gate.spend.toReserve(rules, { model: paid, worst: NO_WORST }, at),
  })
  Object.assign(headers, held.headers)
}

/** A proxy that was refused, and asks once more only for what to tell its client, may not be told yes: it has refused. */
function noLonger(): ApiError {
  const message = 'The request was refused, and would be let in now. Please try again.'
  return unavailable(message)
}
