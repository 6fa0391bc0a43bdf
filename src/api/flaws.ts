import type { ErrorObject } from 'ajv'
import { ApiError } from '../contract/error.ts'

/** Where a request carries a value; only the path and the query are strings that need converting. */
export type HttpPart = 'body' | 'querystring' | 'params' | 'headers'

/** What a value does not keep to, and what stands there instead. */
type Flaw = {
  at: string
  got: unknown
  params: Record<string, unknown>
  part: HttpPart
  /** What a value above the maximum is told instead of the usual, with `{got}` and `{limit}` in it. */
  above?: string | undefined
}
type Failure = ConstructorParameters<typeof ApiError>[0]
type Said = { failure: Failure; message: string; param?: string } | ApiError

/** One validator error in the original's words (behaviour reference, validation). */
export function flawError(error: ErrorObject | undefined, data: unknown, part: HttpPart): ApiError {
  if (!error) return new ApiError('invalid_value', 'The request is not valid.')
  const at = pathOf(error.instancePath)
  const got = valueAt(data, error.instancePath)
  const said = (flaws[error.keyword] ?? otherwise)({
    at,
    got,
    params: error.params,
    part,
    above: error.parentSchema?.['x-above'],
  })
  if (said instanceof ApiError) return said
  const { failure, message, param = at } = said
  return new ApiError(failure, message, param ? { param } : {})
}

/** By the schema's keyword that was not kept. */
const flaws: Record<string, (flaw: Flaw) => Said> = {
  additionalProperties({ at, params }) {
    const param = within(at, params.additionalProperty)
    return { failure: 'unknown_parameter', message: `Unknown parameter: '${param}'.`, param }
  },
  required({ at, params }) {
    const param = within(at, params.missingProperty)
    return { failure: 'missing_required_parameter', message: `Missing required parameter: '${param}'.`, param }
  },
  type({ at, got, params, part }) {
    if (part === 'querystring' && Array.isArray(got)) return duplicate(at)
    const message = `Invalid type for '${at || 'body'}': expected ${expected(params.type)}, but got ${kindOf(got)} instead.`
    return { failure: 'invalid_type', message }
  },
  enum({ at, got, params, part }) {
    if (part === 'querystring' && Array.isArray(got)) return duplicate(at)
    const values = (params.allowedValues as unknown[]).filter((value) => value !== null).map((value) => `'${value}'`)
    return {
      failure: 'invalid_value',
      message: `Invalid value: '${show(got)}'. Supported values are: ${list(values)}.`,
    }
  },
  maximum({ at, got, params, above }) {
    const words = above?.replace('{got}', () => show(got)).replace('{limit}', String(params.limit))
    const message =
      words ??
      `Invalid '${at}': integer above maximum value. Expected a value <= ${params.limit}, but got ${show(got)} instead.`
    return { failure: 'integer_above_max_value', message }
  },
  minimum({ at, got, params }) {
    const message = `Invalid '${at}': integer below minimum value. Expected a value >= ${params.limit}, but got ${show(got)} instead.`
    return { failure: 'integer_below_min_value', message }
  },
  maxLength({ at, got, params }) {
    const message = `Invalid '${at}': string too long. Expected a string with maximum length ${params.limit}, but got a string with length ${lengthOf(got)} instead.`
    return { failure: 'string_above_max_length', message }
  },
  minLength({ at, got, params }) {
    const blank = params.limit === 1 ? 'a blank one' : `a string with length ${lengthOf(got)}`
    const message = `Invalid '${at}': string too short. Expected a string with minimum length ${params.limit}, but got ${lengthOf(got) === 0 ? 'an empty string' : blank} instead.`
    return { failure: 'string_below_min_length', message }
  },
  maxItems({ at, got, params }) {
    const message = `Invalid '${at}': array too long. Expected an array with maximum length ${params.limit}, but got an array with length ${lengthOf(got)} instead.`
    return { failure: 'array_above_max_length', message }
  },
  minItems({ at, got, params }) {
    const message = `Invalid '${at}': array too short. Expected an array with minimum length ${params.limit}, but got an array with length ${lengthOf(got)} instead.`
    return { failure: 'array_below_min_length', message }
  },
}

const otherwise = ({ at }: Flaw): Said => {
  const message = `Invalid '${at || 'body'}': the value is not of the form that is asked for.`
  return { failure: 'invalid_value', message }
}

/** A field of what is at a path. */
const within = (at: string, name: unknown) => [at, String(name)].filter((part) => part !== '').join('.')

function duplicate(param: string): ApiError {
  const message = `Duplicate parameter: '${param}'. You provided multiple values for this parameter, whereas only one is allowed. If you are trying to provide a list of values, use the array syntax instead e.g. '${param}[]=<value>'.`
  return new ApiError('duplicate_parameter', message, { param })
}

/** `/projects/0/id` as a client writes it: `projects[0].id`. */
export function pathOf(pointer: string): string {
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
