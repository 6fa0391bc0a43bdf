import { ApiError, methodNotAllowed, unknownUrl } from '../contract/error.ts'
import type { ModelPermission } from '../core/permission.ts'

/** A governed route of the gateway. What is not here is refused: nothing passes ungoverned. */
export type GatewayRoute = {
  /** For logs and metrics. */
  name: string
  method: 'GET' | 'POST'
  permission: ModelPermission
  /** The path behind the upstream's base URL, as it is sent there. */
  upstreamPath: string
}

type Governed = Omit<GatewayRoute, 'upstreamPath'>

const exact: Record<string, Governed> = {
  '/v1/chat/completions': { name: 'chat.completions.create', method: 'POST', permission: 'api.model.request' },
  '/v1/completions': { name: 'completions.create', method: 'POST', permission: 'api.model.request' },
  '/v1/embeddings': { name: 'embeddings.create', method: 'POST', permission: 'api.model.request' },
  '/v1/responses': { name: 'responses.create', method: 'POST', permission: 'api.responses.write' },
  '/v1/models': { name: 'models.list', method: 'GET', permission: 'api.model.read' },
}
const model: Governed = { name: 'models.retrieve', method: 'GET', permission: 'api.model.read' }

/** The original's other resources: whoever asks for one learns that this server does not offer it yet. */
const notOffered =
  /^\/v1\/(assistants|audio|batches|chat\/completions|chatkit|containers|conversations|edits|engines|evals|files|fine_tuning|fine-tunes|graders|images|moderations|realtime|responses|skills|threads|uploads|vector_stores|videos)(\/|$)/

/**
 * The governed route of a request. Method and path are judged as they were received: an encoded, doubled or dotted path is
 * another path, and no other path is governed.
 * @param url path and query as received
 * @throws ApiError 404 for what is not governed, 405 for another method
 */
export function routeOf(method: string, url: string): GatewayRoute {
  const query = url.indexOf('?')
  const path = query < 0 ? url : url.slice(0, query)
  const route = exact[path] ?? (modelId(path) !== null ? model : undefined)
  if (!route) throw unknown(method, path)
  if (method !== route.method) {
    throw methodNotAllowed({ method, url: path }, [route.method])
  }
  return { ...route, upstreamPath: url.slice('/v1'.length) }
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
  const error = unknownUrl({ method, url: path })
  if (!notOffered.test(path)) return error
  return new ApiError('not_offered', `${error.message} (not offered by this server yet)`)
}
