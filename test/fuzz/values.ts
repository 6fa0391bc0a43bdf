import fc from 'fast-check'
import type { Schema } from '../contract/variations.ts'
import type { Chance } from '../support/seeded.ts'

/** Values that nobody could mean, of every kind: what fast-check makes up, and what has hurt servers before. */
export function hostileValues(seed: number): readonly unknown[] {
  const made = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.string({ unit: 'grapheme', maxLength: 60 }),
    fc.double(),
    fc.integer(),
    fc.anything({ withNullPrototype: false, maxDepth: 2 }).map(asJson),
  )
  return [...fc.sample(made, { numRuns: 1000, seed }), ...known, ...known, ...known]
}

const deep = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`)
const known: readonly unknown[] = [
  ...[
    '',
    ' ',
    '\u0000',
    'a\u0000b',
    '\ud800',
    '\u202e',
    '\u200b',
    'é',
    'x'.repeat(300),
    'x'.repeat(5000),
    '-',
    '_',
    '.',
    '..',
  ],
  ...["' or 1=1 --", '"; drop table project; --', '%00', '%', '{{x}}', '../../etc/passwd', '<script>', '__proto__'],
  ...['constructor', 'null', 'true', '0', '-1', '1e309', 'NaN', 'all', 'none', '*', 'owner', 'a@b', 'a@example.com'],
  ...['proj_000000000000000000000000', 'default', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'],
  ...[null, true, false, 0, -0, -1, 1, 0.5, 2 ** 31, 2 ** 53, -(2 ** 53), 1e300, 1e-300, 253402300800],
  ...[[], {}, [[]], [null], [{}], { a: 1 }, { toString: 1 }, { length: 1e9 }, deep(60), Array(1200).fill('x')],
]

function asJson(value: unknown): unknown {
  try {
    return JSON.parse(JSON.stringify(value, (_, inner) => (typeof inner === 'bigint' ? `${inner}` : inner)) ?? 'null')
  } catch {
    return null
  }
}

export type Making = { chance: Chance; hostile: readonly unknown[]; ids: readonly string[] }

/** A value for a schema: mostly one that it takes, or one that it nearly takes, or one that nobody could mean. */
export function valueFor(schema: Schema, making: Making, depth = 0): unknown {
  const { chance, hostile } = making
  const luck = chance.next()
  if (luck < 0.12) return chance.pick(hostile)
  if (luck < 0.3) return nearlyFor(schema, making, depth)
  return rightFor(schema, making, depth)
}

function rightFor(schema: Schema, making: Making, depth: number): unknown {
  const { chance, ids } = making
  if (schema.anyOf) return rightFor(chance.pick(schema.anyOf), making, depth)
  if (schema.enum) return chance.pick(schema.enum)
  const type = chance.pick([schema.type ?? 'string'].flat())
  if (type === 'null') return null
  if (type === 'boolean') return chance.next() < 0.5
  if (type === 'integer' || type === 'number') {
    const { minimum = 0, maximum = 100_000 } = schema
    return chance.between(minimum, chance.next() < 0.8 ? Math.min(maximum, minimum + 100) : maximum)
  }
  if (type === 'array') {
    const { minItems = 0, maxItems = 20 } = schema
    const count = chance.between(minItems, Math.min(maxItems, minItems + 3))
    return Array.from({ length: count }, () => valueFor(schema.items ?? {}, making, depth + 1))
  }
  if (type === 'object') return objectFor(schema, making, depth)
  return chance.next() < 0.5 && ids.length > 0 ? chance.pick(ids) : `text ${chance.between(1, 9)}`
}

function objectFor(schema: Schema, making: Making, depth: number): Record<string, unknown> {
  const made: Record<string, unknown> = {}
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const isNeeded = schema.required?.includes(name) ?? false
    if (making.chance.next() < (isNeeded ? 0.97 : 0.4)) made[name] = valueFor(property, making, depth + 1)
  }
  if (making.chance.next() < 0.03) made.surprise = making.chance.pick(making.hostile)
  return made
}

function nearlyFor(schema: Schema, making: Making, depth: number): unknown {
  const { chance } = making
  const right = rightFor(schema, making, depth)
  const others: unknown[] = [null, textOf(right), [right], { value: right }]
  if (typeof right === 'string') others.push(right.toUpperCase(), ` ${right} `, `${right}x`, right.slice(0, -1))
  if (typeof right === 'number') others.push((schema.minimum ?? 0) - 1, (schema.maximum ?? 0) + 1, right + 0.5, -right)
  if (Array.isArray(right)) others.push([...right, ...right], Array((schema.maxItems ?? 99) + 1).fill(right[0] ?? 'x'))
  return chance.pick(others)
}

/** A text that stands for a value in a query or a form. */
export const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : value === undefined ? '' : (JSON.stringify(value) ?? '')

/** JSON as a careless or a wicked client writes it. */
export function spoilt(json: string, { chance }: Making): string | Buffer {
  const half = json.slice(0, Math.max(1, json.length >> 1))
  return chance.pick<string | Buffer>([
    half,
    `${json}${json}`,
    `\ufeff${json}`,
    `[${json}]`,
    json.replace('{', '{"__proto__":{"a":1},'),
    json.replace('{', '{"name":"a","name":"b",'),
    json.replace(/\d+/, '1e999'),
    json.replaceAll('"', "'"),
    `${'['.repeat(3000)}${json}`,
    Buffer.from(json.replace(/[a-z]/, '\u00ff'), 'latin1'),
    Buffer.concat([Buffer.from(half), Buffer.from([0xff, 0xfe, 0xc0]), Buffer.from(json.slice(half.length))]),
    '',
    'null',
    ' ',
  ])
}
