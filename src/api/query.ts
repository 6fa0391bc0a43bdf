/**
 * Reads a query string: a key that stands once is a string, one that repeats is a list, and `x[]=a` is a list from the
 * start (the official SDK writes arrays so). `x[gte]=1` is `{ x: { gte: '1' } }`. Broken percent escapes stay as they are.
 */
export function parseQuery(text: string): Record<string, unknown> {
  const query: Record<string, unknown> = Object.create(null)
  for (const [written, value] of new URLSearchParams(text)) {
    const [, name = written, inner] = /^([^[\]]+)\[([^[\]]*)\]$/.exec(written) ?? []
    if (inner === undefined) query[name] = joined(query[name], value)
    else if (inner === '') query[name] = [...asList(query[name]), value]
    else query[name] = nested(query[name], inner, value)
  }
  return query
}

const asList = (known: unknown) => (known === undefined ? [] : Array.isArray(known) ? known : [known])
const joined = (known: unknown, value: string) => (known === undefined ? value : [...asList(known), value])

function nested(known: unknown, inner: string, value: string): Record<string, unknown> {
  const fields: Record<string, unknown> = Object.create(null)
  if (known !== null && typeof known === 'object' && !Array.isArray(known)) Object.assign(fields, known)
  fields[inner] = joined(fields[inner], value)
  return fields
}
