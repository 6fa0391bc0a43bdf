import { ApiError, methodNotAllowed, unknownUrl } from '../../contract/error.ts'
import type { ModelPermission } from '../../core/permission.ts'
import type { UsageKind } from '../../core/usage.ts'

type Method = 'GET' | 'POST' | 'DELETE'
/** What carries the fields of a request: nothing, a JSON object, or multipart/form-data. */
export type BodyKind = 'none' | 'json' | 'form'

type Row = {
  method: Method
  /** `{response_id}` stands for a response's id, and the rule of who may reach it; `{model}` for a model's. */
  path: string
  permission: ModelPermission
  body: BodyKind
  /** The report that its use appears in; null for what uses nothing. */
  usage: UsageKind | null
}

const ask = { method: 'POST', permission: 'api.model.request', body: 'json' } as const
const respond = { ...ask, permission: 'api.responses.write' } as const
const bare = { body: 'none', usage: null } as const

/**
 * Every governed route, by the official client's own name for it (openai 7.57). `responses.inputTokens.count` costs nothing,
 * but a model and a response are named in it; a stored response that is read again was metered when it was made.
 */
const table = {
  'chat.completions.create': { ...ask, path: '/v1/chat/completions', usage: 'completions' },
  'completions.create': { ...ask, path: '/v1/completions', usage: 'completions' },
  'embeddings.create': { ...ask, path: '/v1/embeddings', usage: 'embeddings' },
  'moderations.create': { ...ask, path: '/v1/moderations', usage: 'moderations' },
  'responses.create': { ...respond, path: '/v1/responses', usage: 'completions' },
  'responses.compact': { ...respond, path: '/v1/responses/compact', usage: 'completions' },
  'responses.inputTokens.count': { ...respond, path: '/v1/responses/input_tokens', usage: null },
  'responses.retrieve': {
    ...bare,
    method: 'GET',
    path: '/v1/responses/{response_id}',
    permission: 'api.responses.read',
  },
  'responses.delete': {
    ...bare,
    method: 'DELETE',
    path: '/v1/responses/{response_id}',
    permission: 'api.responses.write',
  },
  'responses.cancel': {
    ...bare,
    method: 'POST',
    path: '/v1/responses/{response_id}/cancel',
    permission: 'api.responses.write',
  },
  'responses.inputItems.list': {
    ...bare,
    method: 'GET',
    path: '/v1/responses/{response_id}/input_items',
    permission: 'api.responses.read',
  },
  'images.generate': { ...ask, path: '/v1/images/generations', usage: 'images' },
  'images.edit': { ...ask, path: '/v1/images/edits', body: 'form', usage: 'images' },
  'images.createVariation': { ...ask, path: '/v1/images/variations', body: 'form', usage: 'images' },
  'audio.speech.create': { ...ask, path: '/v1/audio/speech', usage: 'audio_speeches' },
  'audio.transcriptions.create': {
    ...ask,
    path: '/v1/audio/transcriptions',
    body: 'form',
    usage: 'audio_transcriptions',
  },
  'audio.translations.create': { ...ask, path: '/v1/audio/translations', body: 'form', usage: 'audio_transcriptions' },
  'models.list': { ...bare, method: 'GET', path: '/v1/models', permission: 'api.model.read' },
  'models.retrieve': { ...bare, method: 'GET', path: '/v1/models/{model}', permission: 'api.model.read' },
} as const satisfies Record<string, Row>

export type RouteName = keyof typeof table

/** A governed route of the gateway, as one request asks for it. What is not here is refused: nothing passes ungoverned. */
export type GatewayRoute = {
  /** For logs, metrics and the audit log. */
  name: RouteName
  method: Method
  permission: ModelPermission
  body: BodyKind
  /** Whether it must say which model is asked: every body does. */
  namesModel: boolean
  usage: UsageKind | null
  /** Path and query behind the upstream's base URL, as they are sent there. */
  upstreamPath: string
  /** The response that the path is about. */
  responseId: string | null
  /** Of the routes about models, which the gate answers itself: the model that the path names, null for the list of all. */
  model: string | null | undefined
  /** Whether the query asks for a stream of events. */
  stream: boolean
}

/** By path, then by method; a request for one of them costs no allocation. */
const exact = new Map<string, Map<string, GatewayRoute>>()
/** By what follows a response's id, then by method. */
const ofResponse = new Map<string, Map<string, GatewayRoute>>()
const RESPONSE = '/v1/responses/{response_id}'

for (const name of Object.keys(table) as RouteName[]) {
  if (name === 'models.retrieve') continue
  const { path } = table[name]
  const [paths, key] = path.startsWith(RESPONSE) ? [ofResponse, path.slice(RESPONSE.length)] : [exact, path]
  const methods = paths.get(key) ?? new Map<string, GatewayRoute>()
  paths.set(key, methods.set(table[name].method, plain(name)))
}

function plain(name: RouteName): GatewayRoute {
  const { method, permission, body, usage, path } = table[name]
  const model = name === 'models.list' ? null : undefined
  const upstreamPath = path.slice('/v1'.length)
  const namesModel = body !== 'none'
  return { name, method, permission, body, namesModel, usage, upstreamPath, responseId: null, model, stream: false }
}

const oneModel = new Map([['GET', plain('models.retrieve')]])

/** What a response's id can look like; any other is nobody's. */
const RESPONSE_ID = /^[A-Za-z0-9_-]{1,128}$/
const responsePath = /^\/v1\/responses\/([A-Za-z0-9_-]{1,128})(\/cancel|\/input_items|)$/

export const isResponseId = (text: string): boolean => RESPONSE_ID.test(text)

/** The query parameters that a route takes; of all others no upstream hears. */
const queries: Partial<Record<RouteName, ReadonlySet<string>>> = {
  'responses.retrieve': new Set(['include', 'include_obfuscation', 'starting_after', 'stream']),
  'responses.inputItems.list': new Set(['after', 'include', 'limit', 'order']),
}

/** The original's other operations on paths that are governed for one: stored chats, and the end of a fine-tuned model. */
const otherMethods: Record<string, RegExp> = { GET: /^\/v1\/chat\/completions$/, DELETE: /^\/v1\/models\/./ }

/** The original's other resources: whoever asks for one learns that this server does not offer it yet. */
const notOffered =
  /^\/v1\/(agents|assistants|audio|batches|chat\/completions(?=\/.)|chatkit|containers|content_provenance_checks|conversations|decisions|edits|engines|evals|files|fine_tuning|fine-tunes|graders|images|live|moderations|realtime|responses|safety|skills|threads|uploads|vaults|vector_stores|videos|webhook_endpoints|webhook_event_types)(\/|$)/

/**
 * The governed route of a request. Method and path are judged as they were received: an encoded, doubled or dotted path is
 * another path, and no other path is governed.
 * @param url path and query as received
 * @throws ApiError 404 for what is not governed, 405 for another method, 400 for a query that says a thing twice
 */
export function routeOf(method: string, url: string): GatewayRoute {
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  const fixed = exact.get(path)
  if (fixed) return among(fixed, method, path)
  const response = responsePath.exec(path)
  const methods = response && ofResponse.get(response[2] ?? '')
  if (methods) {
    const route = among(methods, method, path)
    const { query, stream } = kept(queries[route.name], mark < 0 ? '' : url.slice(mark + 1))
    return { ...route, upstreamPath: path.slice('/v1'.length) + query, responseId: response[1] ?? null, stream }
  }
  const model = modelId(path)
  if (model === null) throw unknown(method, path)
  return { ...among(oneModel, method, path), upstreamPath: path.slice('/v1'.length), model }
}

function among(methods: ReadonlyMap<string, GatewayRoute>, method: string, path: string): GatewayRoute {
  const route = methods.get(method)
  if (route) return route
  if (otherMethods[method]?.test(path)) throw notOfferedHere(method, path)
  throw methodNotAllowed({ method, url: path }, [...methods.keys()])
}

/** What is kept of a query, written anew: what was understood here is what the upstream gets. */
function kept(names: ReadonlySet<string> | undefined, query: string): { query: string; stream: boolean } {
  if (!names || query === '') return { query: '', stream: false }
  const taken = new URLSearchParams()
  for (const [written, value] of new URLSearchParams(query)) {
    const isList = written.endsWith('[]')
    const name = isList ? written.slice(0, -2) : written
    if (!names.has(name)) continue
    if (name !== 'include' && (isList || taken.has(name))) throw twice(name)
    taken.append(written, value)
  }
  return { query: taken.size === 0 ? '' : `?${taken}`, stream: taken.get('stream') === 'true' }
}

function twice(param: string): ApiError {
  const message = `Duplicate parameter: '${param}'. You provided multiple values for this parameter, whereas only one is allowed.`
  return new ApiError('duplicate_parameter', message, { param })
}

/** The model that a path names, decoded; ids may hold `/`, plain or as `%2F`. Null where the path is no model's. */
export function modelId(path: string): string | null {
  const prefix = '/v1/models/'
  if (!path.startsWith(prefix)) return null
  const written = path.slice(prefix.length)
  if (!/^[A-Za-z0-9._:@~+-]+((\/|%2F)[A-Za-z0-9._:@~+-]+)*$/i.test(written.replaceAll(/%3A/gi, ':'))) return null
  const id = decodeURIComponent(written)
  return id.split('/').some((part) => /^\.+$/.test(part)) ? null : id
}

function unknown(method: string, path: string): ApiError {
  return notOffered.test(path) ? notOfferedHere(method, path) : unknownUrl({ method, url: path })
}

function notOfferedHere(method: string, path: string): ApiError {
  const { message } = unknownUrl({ method, url: path })
  return new ApiError('not_offered', `${message} (not offered by this server yet)`)
}
