import type { IncomingMessage } from 'node:http'
import { ApiError } from '../../contract/error.ts'
import { originForm } from '../../core/target.ts'

/** The request that is to be decided, as the proxy received it. */
export type Original = { method: string; url: string }

const PREFIX = '/check'
/** Who names the request in headers: nginx by our example, Traefik and Caddy by themselves. */
const sources = ['x-original', 'x-forwarded'] as const

/**
 * The request that a proxy asks about: named in a pair of headers, or else (Envoy) the one it came as, behind `/check`. Where
 * several say it, they must say the same: a header that a careless proxy passes on is its client's word.
 * @throws ApiError 400 where nothing says it, half of it, or two different things
 */
export function originalOf({ method = '', url = '', headers, headersDistinct }: IncomingMessage): Original {
  let original: Original | null = null
  for (const source of sources) {
    if (headers[`${source}-method`] === undefined && headers[`${source}-uri`] === undefined) continue
    const named = {
      method: only(headersDistinct, `${source}-method`),
      url: originForm(only(headersDistinct, `${source}-uri`)),
    }
    original = same(original, named, source)
  }
  const path = url.slice(PREFIX.length)
  if (path.startsWith('/') && path !== '/') original = same(original, { method, url: path }, PREFIX)
  if (original !== null) return original
  const message =
    'Nothing says which request is to be checked: send X-Original-Method and X-Original-URI, or X-Forwarded-Method and X-Forwarded-Uri, or its own method and its path behind /check.'
  throw new ApiError('malformed_check', message)
}

/** Path and query of that request, for who is to be refused in any case: nothing where nothing says it. */
export function originalUrl(request: IncomingMessage): string {
  try {
    return originalOf(request).url
  } catch {
    return ''
  }
}

function only(headers: IncomingMessage['headersDistinct'], name: string): string {
  const values = headers[name] ?? []
  const [value = ''] = values
  if (values.length === 1 && value !== '') return value
  const what = values.length > 1 ? 'was sent more than once' : 'is missing or empty'
  throw new ApiError('malformed_check', `The header '${name}' ${what}: it says which request is to be checked.`)
}

function same(known: Original | null, named: Original, source: string): Original {
  if (known === null || (known.method === named.method && known.url === named.url)) return named
  const message = `'${source}' names another request to be checked than the other headers. The proxy must set or remove these headers itself, not pass on what its clients send.`
  throw new ApiError('malformed_check', message)
}
