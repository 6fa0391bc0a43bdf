import { ApiError, tooManyParameters } from '../../contract/error.ts'
import { MOST_PARAMETERS, queryParameters } from '../../core/query.ts'
import type { Declaration } from './declaration.ts'

/** What is kept of a query: as it is sent on, with its question mark, and whether it asks for a stream of events. */
export type Kept = { query: string; stream: boolean }

/**
 * Keeps what a route takes of a query, written anew: what was understood here is what the upstream gets.
 * @throws ApiError 400 for a parameter that is said twice: readers differ in which one holds; for more than anybody needs
 */
export function kept(taken: Declaration['query'], query: string): Kept {
  const sent = new URLSearchParams()
  const parameters = queryParameters(query)
  if (parameters === null) throw tooManyParameters(MOST_PARAMETERS)
  for (const [written, value] of parameters) {
    const isList = written.endsWith('[]')
    const name = isList ? written.slice(0, -2) : written
    if (!Object.hasOwn(taken, name)) continue
    if (taken[name] === 'once' && (isList || sent.has(name))) throw saidTwice(name)
    sent.append(written, value)
  }
  return { query: sent.size === 0 ? '' : `?${sent}`, stream: sent.get('stream') === 'true' }
}

function saidTwice(param: string): ApiError {
  const message = `Duplicate parameter: '${param}'. You provided multiple values for this parameter, whereas only one is allowed.`
  return new ApiError('duplicate_parameter', message, { param })
}
