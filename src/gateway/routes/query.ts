import { ApiError, tooManyParameters } from '../../contract/error.ts'
import { MOST_PARAMETERS, queryParameters } from '../../core/query.ts'
import { writtenBoolean, writtenNumber } from '../../core/written.ts'
import { wrongType, wrongValue } from '../invalid.ts'
import type { Declaration } from './declaration.ts'

/** What is kept of a query: as it is sent on, with its question mark, and whether it asks for a stream of events. */
export type Kept = { query: string; stream: boolean }

/**
 * Keeps what a route takes of a query, written anew: what was understood here is what the upstream gets.
 * @throws ApiError 400 for a parameter that is said twice: readers differ in which one holds; for a number or a switch that is
 * none; for more than anybody needs
 */
export function kept(taken: Declaration['query'], query: string): Kept {
  const sent = new URLSearchParams()
  const parameters = queryParameters(query)
  if (parameters === null) throw tooManyParameters(MOST_PARAMETERS)
  for (const [written, value] of parameters) {
    // Nothing is called so, and not every database can be asked for it.
    if (value.includes('\0') || written.includes('\0'))
      throw wrongValue(written, 'expected a string without the character U+0000.')
    if (isOfMap(taken, written)) {
      if (sent.has(written)) throw saidTwice(written)
      sent.append(written, value)
      continue
    }
    const [name, isList] = nameIn(written)
    const kind = Object.hasOwn(taken, name) ? taken[name] : undefined
    if (kind === undefined || kind === 'map') continue
    if (kind !== 'list' && (isList || sent.has(name))) throw saidTwice(name)
    sent.append(isList ? `${name}[]` : name, understood(name, kind, value))
  }
  return { query: sent.size === 0 ? '' : `?${sent}`, stream: sent.get('stream') === 'true' }
}

/** `x[key]=a`, whatever the key is. */
const isOfMap = (taken: Declaration['query'], written: string) => {
  const name = written.slice(0, Math.max(0, written.indexOf('[')))
  return Object.hasOwn(taken, name) && taken[name] === 'map' && written.endsWith(']')
}

/** `x[]=a` and `x[0]=a` are of a list. */
function nameIn(written: string): [name: string, isList: boolean] {
  const at = written.endsWith(']') ? written.lastIndexOf('[') : -1
  return at > 0 && /^\[\d*\]$/.test(written.slice(at)) ? [written.slice(0, at), true] : [written, false]
}

function understood(param: string, kind: Exclude<Declaration['query'][string], 'map'>, text: string): string {
  if (kind === 'text' || kind === 'list') return text
  const value = kind === 'switch' ? writtenBoolean(text) : writtenNumber(text)
  if (value === null) throw wrongType(param, kind === 'switch' ? 'a boolean' : 'an integer', text)
  return kind === 'switch' ? String(value) : text
}

function saidTwice(param: string): ApiError {
  const message = `Duplicate parameter: '${param}'. You provided multiple values for this parameter, whereas only one is allowed.`
  return new ApiError('duplicate_parameter', message, { param })
}
