import type { IncomingHttpHeaders } from 'node:http'
import type { Declaration } from './declaration.ts'
import { routes } from './table.ts'

/** Whose API a request speaks. */
export type Api = 'openai' | 'anthropic'

/** Whose API a request for a route speaks. */
export function spoken({ api }: Pick<Declaration, 'api'>, headers: IncomingHttpHeaders): Api {
  if (api !== 'either') return api
  return headers['anthropic-version'] === undefined ? 'openai' : 'anthropic'
}

const FIRST = '/v1/'

/** By the first step of the routes' paths, so that it is known too of a path that is none. */
const byStep = new Map(Object.values(routes).map((route) => [stepOf(route.path), route]))

function stepOf(url: string): string | null {
  return url.startsWith(FIRST) ? (/^[^/?]*/.exec(url.slice(FIRST.length))?.[0] ?? null) : null
}

/** Whose API a request speaks that may be for no route at all. @param url path and query as received */
export function spokenAt(url: string, headers: IncomingHttpHeaders): Api {
  const route = byStep.get(stepOf(url))
  return route === undefined ? 'openai' : spoken(route, headers)
}
