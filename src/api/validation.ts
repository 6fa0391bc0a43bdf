import { createRequire } from 'node:module'
import type { Ajv, ErrorObject, ValidateFunction } from 'ajv'
import type { DataValidationCxt } from 'ajv/dist/types/index.js'
import type { Schema } from 'fast-json-stringify'
import { ApiError } from '../contract/error.ts'

/** Where a request carries a value; only the path and the query are strings that need converting. */
export type HttpPart = 'body' | 'querystring' | 'params' | 'headers'

// Loaded at the first request that needs them, which must not wait for a promise: they cost the start 20 ms otherwise.
const require = createRequire(import.meta.url)

const options = { strict: false, validateFormats: false, useDefaults: true, unicodeRegExp: true } as const
const validators = new Map<'body' | 'strings', Ajv>()

/** A typo is worth more to a caller than the field it left missing, so bodies are judged to the end and typos named first. */
function ajvFor(part: HttpPart): Ajv {
  const kind = part === 'body' ? 'body' : 'strings'
  const known = validators.get(kind)
  if (known) return known
  const fresh = newAjv(kind === 'body' ? { coerceTypes: false, allErrors: true } : { coerceTypes: 'array' })
  validators.set(kind, fresh)
  return fresh
}

function newAjv(own: { coerceTypes: boolean | 'array'; allErrors?: boolean }): Ajv {
  const ajv = new (require('ajv') as typeof import('ajv')).Ajv({ ...options, ...own })
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
  return (data: unknown) => {
    const value = part === 'body' ? (data ?? {}) : data
    validate ??= ajvFor(part).compile(schema)
    if (validate(value)) return part === 'body' ? withoutNul(value) : { value }
    const typo = validate.errors?.find(({ keyword }) => keyword === 'additionalProperties')
    return { error: toApiError(typo ?? validate.errors?.[0], value, part) }
  }
}

/** No text can hold U+0000 in PostgreSQL, and none that anybody means does: refused by name, whatever its schema says. */
function withoutNul(value: unknown): { value: unknown } | { error: ApiError } {
  const param = pathOfNul(value, '')
  if (param === null) return { value }
  return {
    error: new ApiError('invalid_value', `Invalid '${param}': a text cannot hold the character U+0000.`, { param }),
  }
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

/**
 * From this many items on an array is left to JSON.stringify, which is twice as fast there. No list has as many: only reports
 * have, and those are made field by field, so nothing can leak with them.
 */
const LARGE = 2000

function newSerializer(schema: Schema): (data: unknown) => string {
  const build: typeof import('fast-json-stringify').default = require('fast-json-stringify')
  // It judges unions with a validator of its own, which would otherwise complain that it knows no format `unixtime`.
  return build(schema, {
    ajv: { validateFormats: false },
    largeArrayMechanism: 'json-stringify',
    largeArraySize: LARGE,
  })
}

/** One validator error in the original's words (behaviour reference, validation). */
function toApiError(error: ErrorObject | undefined, data: unknown, part: HttpPart): ApiError {
  if (!error) return new ApiError('invalid_value', 'The request is not valid.')
  const at = pathOf(error.instancePath)
  const got = valueAt(data, error.instancePath)
  const of = (name: string) => (at ? (name ? `${at}.${name}` : at) : name)
  const params = error.params as Record<string, unknown>
  const bad = (failure: ConstructorParameters<typeof ApiError>[0], message: string, param = at) =>
    new ApiError(failure, message, param ? { param } : {})

  switch (error.keyword) {
    case 'additionalProperties': {
      const param = of(String(params.additionalProperty))
      return bad('unknown_parameter', `Unknown parameter: '${param}'.`, param)
    }
    case 'required': {
      const param = of(String(params.missingProperty))
      return bad('missing_required_parameter', `Missing required parameter: '${param}'.`, param)
    }
    case 'type':
      if (part === 'querystring' && Array.isArray(got)) return duplicate(at)
      return bad(
        'invalid_type',
        `Invalid type for '${at || 'body'}': expected ${expected(params.type)}, but got ${kindOf(got)} instead.`,
      )
    case 'enum': {
      if (part === 'querystring' && Array.isArray(got)) return duplicate(at)
      const values = (params.allowedValues as unknown[]).filter((value) => value !== null).map((value) => `'${value}'`)
      return bad('invalid_value', `Invalid value: '${show(got)}'. Supported values are: ${list(values)}.`)
    }
    case 'maximum':
      return bad(
        'integer_above_max_value',
        `Invalid '${at}': integer above maximum value. Expected a value <= ${params.limit}, but got ${show(got)} instead.`,
      )
    case 'minimum':
      return bad(
        'integer_below_min_value',
        `Invalid '${at}': integer below minimum value. Expected a value >= ${params.limit}, but got ${show(got)} instead.`,
      )
    case 'maxLength':
      return bad(
        'string_above_max_length',
        `Invalid '${at}': string too long. Expected a string with maximum length ${params.limit}, but got a string with length ${lengthOf(got)} instead.`,
      )
    case 'minLength':
      return bad(
        'string_below_min_length',
        `Invalid '${at}': string too short. Expected a string with minimum length ${params.limit}, but got ${lengthOf(got) === 0 ? 'an empty string' : 'a blank one'} instead.`,
      )
    case 'maxItems':
      return bad(
        'array_above_max_length',
        `Invalid '${at}': array too long. Expected an array with maximum length ${params.limit}, but got an array with length ${lengthOf(got)} instead.`,
      )
    case 'minItems':
      return bad(
        'array_below_min_length',
        `Invalid '${at}': array too short. Expected an array with minimum length ${params.limit}, but got an array with length ${lengthOf(got)} instead.`,
      )
    default:
      return bad('invalid_value', `Invalid '${at || 'body'}': the value is not of the form that is asked for.`)
  }
}

function duplicate(param: string): ApiError {
  const message = `Duplicate parameter: '${param}'. You provided multiple values for this parameter, whereas only one is allowed. If you are trying to provide a list of values, use the array syntax instead e.g. '${param}[]=<value>'.`
  return new ApiError('duplicate_parameter', message, { param })
}

/** `/projects/0/id` as a client writes it: `projects[0].id`. */
function pathOf(pointer: string): string {
  return steps(pointer).reduce(
    (path, step) => (/^\d+$/.test(step) ? `${path}[${step}]` : path ? `${path}.${step}` : step),
    '',
  )
}

function valueAt(data: unknown, pointer: string): unknown {
  return steps(pointer).reduce((value, step) => (value as Record<string, unknown> | undefined)?.[step], data)
}

const steps = (pointer: string) =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))

const articles: Record<string, string> = {
  array: 'an array',
  boolean: 'a boolean',
  integer: 'an integer',
  null: 'null',
  number: 'a number',
  object: 'an object',
  string: 'a string',
}

function expected(type: unknown): string {
  const types = Array.isArray(type) ? type : String(type).split(',')
  return types
    .filter((name, _i, all) => name !== 'null' || all.length === 1)
    .map((name) => articles[name] ?? name)
    .join(' or ')
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal number'
  return articles[typeof value] ?? typeof value
}

/** What was sent, short enough to send back. */
function show(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  return text.length > 100 ? `${text.slice(0, 100)}…` : text
}

const lengthOf = (value: unknown) => (typeof value === 'string' || Array.isArray(value) ? value.length : 0)
const list = (values: string[]) =>
  values.length < 2 ? values.join('') : `${values.slice(0, -1).join(', ')} and ${values.at(-1)}`
