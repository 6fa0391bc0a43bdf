import { tooManyParameters } from '../contract/error.ts'
import { MOST_PARAMETERS, queryParameters } from '../core/query.ts'

/**
 * Reads a query string: a key that stands once is a string, one that repeats is a list, and `x[]=a` is a list from the
 * start (the official SDK writes arrays so), as `x[0]=a&x[1]=b` is (PHP and others), in the order in which it is said. `x[gte]=1` is `{ x: { gte: '1' } }`. Broken percent escapes stay as they are.
 * @throws ApiError 400 for more parameters than anybody needs
 */
export function parseQuery(text: string): Record<string, unknown> {
  const query: Record<string, unknown> = Object.create(null)
  const parameters = queryParameters(text)
  if (parameters === null) throw tooManyParameters(MOST_PARAMETERS)
  for (const [written, value] of parameters) {
    const [, name = written, inner] = /^([^[\]]+)\[([^[\]]*)\]$/.exec(written) ?? []
    if (inner === undefined) add(query, name, value)
    else if (/^\d*$/.test(inner)) query[name] = listed(query[name], value)
    else add(fieldsOf(query, name), inner, value)
  }
  return query
}

/** Lists and objects are made here, for this query alone: they grow in place, so that each parameter is looked at once. */
function add(fields: Record<string, unknown>, name: string, value: string) {
  const known = fields[name]
  fields[name] = known === undefined ? value : listed(known, value)
}

function listed(known: unknown, value: string): unknown[] {
  const list = known === undefined ? [] : Array.isArray(known) ? known : [known]
  list.push(value)
  return list
}

function fieldsOf(query: Record<string, unknown>, name: string): Record<string, unknown> {
  const known = query[name]
  if (known !== null && typeof known === 'object' && !Array.isArray(known)) return known as Record<string, unknown>
  const fields: Record<string, unknown> = Object.create(null)
  query[name] = fields
  return fields
}
