import { createRequire } from 'node:module'
import type { Ajv, ValidateFunction } from 'ajv'
import type { DataValidationCxt } from 'ajv/dist/types/index.js'
import type { Schema } from 'fast-json-stringify'
import { ApiError } from '../contract/error.ts'
import { flawError, type HttpPart, pathOf } from './flaws.ts'
import { readWords } from './query-words.ts'

// Loaded at the first request that needs them, which must not wait for a promise: they cost the start 20 ms otherwise.
const require = createRequire(import.meta.url)

const options = {
  strict: false,
  validateFormats: false,
  useDefaults: true,
  unicodeRegExp: true,
  verbose: true,
} as const
const validators = new Map<'body' | 'strings', Ajv>()

/** A typo is worth more to a caller than the field it left missing, so bodies are judged to the end and typos named first. */
function ajvFor(part: HttpPart): Ajv {
  const kind = part === 'body' ? 'body' : 'strings'
  const known = validators.get(kind)
  if (known) return known
  const fresh = newAjv(kind === 'body')
  validators.set(kind, fresh)
  return fresh
}

function newAjv(allErrors: boolean): Ajv {
  const ajv = new (require('ajv') as typeof import('ajv')).Ajv({ ...options, allErrors })
  return ajv.addKeyword({
    keyword: 'x-trim',
    type: 'string',
    schemaType: 'boolean',
    modifying: true,
    before: 'maxLength',
    validate: (_on: boolean, text: string, _schema: unknown, at?: DataValidationCxt) => {
      if (at) at.parentData[at.parentDataProperty] = text.trim()
      return true
    },
  })
}

/** Compiled at the first request that needs it: compiling every schema at the start costs time and memory. */
export function lazyValidator(schema: object, part: HttpPart) {
  let validate: ValidateFunction | undefined
  const declared = Object.keys((schema as { properties?: object }).properties ?? {})
  return (data: unknown) => {
    const value = part === 'body' ? (data ?? {}) : part === 'querystring' ? readWords(schema, data) : data
    validate ??= ajvFor(part).compile(schema)
    if (validate(value)) return part === 'params' ? { value } : withoutNul(value, declared)
    const typo = validate.errors?.find(({ keyword }) => keyword === 'additionalProperties')
    return { error: flawError(typo ?? validate.errors?.[0], value, part) }
  }
}

/**
 * No text can hold U+0000 in PostgreSQL, and none that anybody means does: refused by name, whatever its schema says. What is not
 * declared is ignored, also here.
 */
function withoutNul(value: unknown, declared: readonly string[]): { value: unknown } | { error: ApiError } {
  const fields = value as Record<string, unknown>
  for (const name of declared) {
    const param = Object.hasOwn(fields, name) ? pathOfNul(fields[name], `/${name}`) : null
    if (param === null) continue
    return {
      error: new ApiError('invalid_value', `Invalid '${param}': a text cannot hold the character U+0000.`, { param }),
    }
  }
  return { value }
}

function pathOfNul(value: unknown, pointer: string): string | null {
  if (typeof value === 'string') return value.includes('\0') ? pathOf(pointer) : null
  if (value === null || typeof value !== 'object') return null
  for (const [name, inner] of Object.entries(value)) {
    const found = pathOfNul(inner, `${pointer}/${name}`)
    if (found !== null) return found
  }
  return null
}

/** Writes only what the schema declares: a hash that a query happened to select cannot leak. */
export function lazySerializer(schema: object) {
  let stringify: ((data: unknown) => string) | undefined
  return (data: unknown) => {
    stringify ??= newSerializer(schema as Schema)
    return stringify(data)
  }
}

function newSerializer(schema: Schema): (data: unknown) => string {
  const build: typeof import('fast-json-stringify').default = require('fast-json-stringify')
  // It judges unions with a validator of its own, which would otherwise complain that it knows no format `unixtime`.
  return build(schema, { ajv: { validateFormats: false } })
}
