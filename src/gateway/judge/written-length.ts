import { LONG_STRING } from '../body/json-scan.ts'

/**
 * How many characters `JSON.stringify` would write a parsed value with: megabytes of it are not written for that. A long string
 * counts as if nothing in it were escaped, as what stands in for it is written.
 */
export function writtenLength(value: unknown): number {
  if (typeof value === 'string') return stringLength(value)
  if (value === null || typeof value !== 'object') return String(value).length
  let length = 2
  if (Array.isArray(value)) {
    for (const item of value) length += writtenLength(item)
    return length + Math.max(0, value.length - 1)
  }
  let members = 0
  for (const name in value) {
    members++
    length += stringLength(name) + 1 + writtenLength((value as Record<string, unknown>)[name])
  }
  return length + Math.max(0, members - 1)
}

function stringLength(text: string): number {
  return text.length > LONG_STRING ? text.length + 2 : JSON.stringify(text).length
}
