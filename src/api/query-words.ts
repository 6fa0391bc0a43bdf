import { writtenBoolean, writtenNumber } from '../core/written.ts'

/** What of JSON Schema says how a text is meant. */
type Meant = { type?: string | string[]; properties?: Record<string, Meant>; items?: Meant }

/**
 * What a query says, as its schema means it: texts as numbers and switches, one text as a list of one, a list of one as the text,
 * and empty text as null where that may be. What has no such meaning stays as it came, for the validator to refuse.
 */
export function readWords(meant: Meant, value: unknown): unknown {
  const types = [meant.type ?? []].flat()
  if (Array.isArray(value)) {
    const { items } = meant
    if (types.includes('array')) return items === undefined ? value : value.map((one) => readWords(items, one))
    return value.length === 1 ? readWords(meant, value[0]) : value
  }
  if (typeof value === 'string') return types.includes('array') ? readWords(meant, [value]) : readText(types, value)
  if (value === null || typeof value !== 'object' || meant.properties === undefined) return value
  const { properties } = meant
  const fields = Object.entries(value).map(([name, one]) => {
    const field = Object.hasOwn(properties, name) ? properties[name] : undefined
    return [name, field === undefined ? one : readWords(field, one)]
  })
  return Object.fromEntries(fields)
}

function readText(types: readonly string[], text: string): unknown {
  if (text === '' && types.includes('null')) return null
  if (types.includes('integer')) return writtenNumber(text) ?? text
  return types.includes('boolean') ? (writtenBoolean(text) ?? text) : text
}
