import type { TSchema } from '../../src/contract/json-schema.ts'
import type { Refusal } from './call.ts'

/** The parts of JSON Schema that the contract uses. */
export type Schema = {
  type?: string | string[]
  enum?: unknown[]
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: Schema | boolean
  items?: Schema
  anyOf?: Schema[]
  minimum?: number
  maximum?: number
  minItems?: number
  maxItems?: number
  default?: unknown
}

/** The contract's schemas are JSON Schema; TypeBox's types do not say so. */
export const asSchema = (schema: TSchema | undefined) => (schema ?? {}) as Schema

/** A union of a schema with null, as one that also takes null. */
function whole(schema: Schema): Schema {
  const [first, ...rest] = schema.anyOf ?? []
  return first ? { ...first, type: [first, ...rest].flatMap(typesOf) } : schema
}

const typesOf = ({ type }: Schema): string[] => (type === undefined ? [] : [type].flat())
const of = (path: string, name: string | number) =>
  typeof name === 'number' ? `${path}[${name}]` : path === '' ? name : `${path}.${name}`

type Variation = { what: string; body: unknown; refusal: Refusal }
const bad = (code: string, param: string): Refusal => ({ status: 400, code, param })

/** One value of every JSON type; the numbers are such that no limit stands in their way. */
const samples: Record<string, unknown> = {
  string: 'text',
  integer: 7,
  number: 7.5,
  boolean: true,
  null: null,
  array: [],
  object: {},
}
const accepts = (schema: Schema, type: string) =>
  typesOf(schema).includes(type) || (type === 'integer' && typesOf(schema).includes('number'))

/** The same body with one thing wrong, for everything that can be wrong with it, and what it is refused with. */
export function wrongBodies(schema: Schema, body: Record<string, unknown>): Variation[] {
  return walk(schema, body, '', (changed) => changed)
}

function walk(
  schema: Schema,
  value: Record<string, unknown>,
  path: string,
  put: (value: unknown) => unknown,
): Variation[] {
  const unknown = bad('unknown_parameter', of(path, 'surprise'))
  const found: Variation[] = [
    { what: `${of(path, 'surprise')} is unknown`, body: put({ ...value, surprise: 1 }), refusal: unknown },
  ]
  for (const name of schema.required ?? []) {
    const { [name]: _, ...rest } = value
    const refusal = bad('missing_required_parameter', of(path, name))
    found.push({ what: `${of(path, name)} is missing`, body: put(rest), refusal })
  }
  for (const [name, declared] of Object.entries(schema.properties ?? {})) {
    const property = whole(declared)
    const set = (changed: unknown) => put({ ...value, [name]: changed })
    const [first] = [value[name]].flat()
    found.push(...wrongValues(property, of(path, name), first ?? 'x', set))
    const inner = property.items ?? property
    if (inner.properties && typeof first === 'object' && first !== null) {
      const inside = property.items ? of(of(path, name), 0) : of(path, name)
      const change = (changed: unknown) => set(property.items ? [changed] : changed)
      found.push(...walk(inner, first as Record<string, unknown>, inside, change))
    }
  }
  return found
}

/** @param item what a list may hold */
function wrongValues(schema: Schema, path: string, item: unknown, set: (value: unknown) => unknown): Variation[] {
  const found: Variation[] = []
  const add = (what: string, value: unknown, code: string, param = path) =>
    found.push({ what: `${param} is ${what}`, body: set(value), refusal: bad(code, param) })
  for (const [type, sample] of Object.entries(samples)) {
    if (!accepts(schema, type)) add(`of type ${type}`, sample, 'invalid_type')
  }
  if (schema.enum) add('none of its values', 'none-of-them', 'invalid_value')
  if (schema.minimum !== undefined) add('too small', schema.minimum - 1, 'integer_below_min_value')
  if (schema.maximum !== undefined) add('too large', schema.maximum + 1, 'integer_above_max_value')
  if (schema.items) {
    for (const [type, sample] of Object.entries(samples)) {
      if (!accepts(schema.items, type)) add(`of type ${type}`, [sample], 'invalid_type', of(path, 0))
    }
  }
  if (schema.minItems !== undefined) add('too short', [], 'array_below_min_length')
  if (schema.maxItems !== undefined) {
    add('too long', Array(schema.maxItems + 1).fill(item), 'array_above_max_length')
  }
  return found
}

/** Texts that no id and no name is, some of which a database cannot even keep. */
const strangeTexts = ['\u0000', 'a\u0000b', 'a\u0007b', 'a\nb', 'a\u009fb', '\ud800', 'a\udfffb', 'x'.repeat(100_000)]

/** The same body with a strange text for one of its texts, for each of them. */
export function strangeBodies(schema: Schema, body: Record<string, unknown>): unknown[] {
  const found: unknown[] = []
  for (const [name, declared] of Object.entries(schema.properties ?? {})) {
    const property = whole(declared)
    const put = (value: unknown) => found.push({ ...body, [name]: value })
    if (accepts(property, 'string')) for (const text of strangeTexts) put(text)
    if (property.properties) {
      for (const inner of strangeBodies(property, (body[name] ?? {}) as Record<string, unknown>)) put(inner)
    }
    if (!property.items) continue
    if (accepts(property.items, 'string')) for (const text of strangeTexts) put([text])
    const [first] = [body[name]].flat()
    if (property.items.properties && typeof first === 'object') {
      for (const inner of strangeBodies(property.items, first as Record<string, unknown>)) put([inner])
    }
  }
  return found
}

/**
 * Query strings with one thing wrong, and what they are refused with.
 * @param right a query with nothing wrong: each of these holds it besides what is wrong
 */
export function wrongQueries(schema: Schema, right: Record<string, string> = {}): WrongQuery[] {
  return Object.keys(schema.properties ?? {}).flatMap((name) => {
    const { [name]: _, ...rest } = right
    const besides = new URLSearchParams(rest).toString()
    const all = queriesWrongAt(name, schema.properties?.[name] ?? {})
    return all.map(({ query, refusal }) => ({ query: `${query}&${besides}`, refusal }))
  })
}

type WrongQuery = { query: string; refusal: Refusal }

/** What some reader or other takes for a number: one that is written in another way than in digits is none. */
const notNumbers = [
  ...['abc', '1.5', '%00', '%zz', '1;drop', 'NaN', 'Infinity', 'true', 'null', '1,000', '1_000', '1e2', '1E1', '0x10'],
  ...['0b1', '0o7', '5.0', '5.', '.5', '%20', '%20%20', '%09', '%0A', '+', '+5', '%2B5', '%205', '5%20', '--5', '-'],
  ...['%C2%A05', '%E2%80%8B5', '%D9%A5', '%EF%BC%95', '%E2%91%A4', '5n', "'5'", '%225%22', '[5]', '1'.repeat(31)],
]
const notSwitches = [
  ...[
    'maybe',
    '2',
    '-1',
    '01',
    '1.0',
    '%00',
    'yes',
    'no',
    'on',
    'off',
    't',
    'f',
    'null',
    'None',
    '%20',
    '%20true',
    'true%20',
  ],
  ...['tru', 'truee', 'fal%C5%BFe', '%EF%BC%91', '%22true%22', '[true]'],
]

function queriesWrongAt(name: string, property: Schema): WrongQuery[] {
  const wrong = (value: string, code: string, param = name) => ({
    query: `${name}=${value}`,
    refusal: bad(code, param),
  })
  if (property.items) {
    const item = property.items.enum?.[0] ?? 'a@example.com'
    const tooMany = `${name}[]=${item}&`.repeat((property.maxItems ?? 0) + 1)
    return [
      { query: `${name}[]=%00`, refusal: bad('invalid_value', `${name}[0]`) },
      { query: `${name}[x]=1`, refusal: bad('invalid_type', name) },
      ...(property.maxItems === undefined ? [] : [{ query: tooMany, refusal: bad('array_above_max_length', name) }]),
    ]
  }
  if (property.properties) {
    const [inner] = Object.keys(property.properties)
    return [
      wrong('1', 'invalid_type'),
      { query: `${name}[${inner}]=abc`, refusal: bad('invalid_type', `${name}.${inner}`) },
    ]
  }
  const all = [
    { query: `${name}=1&${name}=2`, refusal: bad('duplicate_parameter', name) },
    { query: `${name}[]=1&${name}[]=2`, refusal: bad('duplicate_parameter', name) },
    { query: `${name}[x]=1`, refusal: bad('invalid_type', name) },
  ]
  // Empty text is null.
  const orEmpty = accepts(property, 'null') ? [] : ['']
  if (accepts(property, 'integer')) {
    const { minimum = 0, maximum = 0 } = property
    for (const text of [...notNumbers, ...orEmpty]) all.push(wrong(text, 'invalid_type'))
    for (const low of [minimum - 1, -1_000_000]) all.push(wrong(String(low), 'integer_below_min_value'))
    for (const high of [maximum + 1, '99999999999999999999']) all.push(wrong(String(high), 'integer_above_max_value'))
  } else if (accepts(property, 'boolean')) {
    for (const text of [...notSwitches, ...orEmpty]) all.push(wrong(text, 'invalid_type'))
  } else if (property.enum) {
    for (const text of ['none-of-them', ...orEmpty, '%00']) all.push(wrong(text, 'invalid_value'))
  } else {
    // Any other text: no database need ever be asked for one that it cannot hold.
    for (const text of ['%00', 'a%00b']) all.push(wrong(text, 'invalid_value'))
  }
  return all
}
