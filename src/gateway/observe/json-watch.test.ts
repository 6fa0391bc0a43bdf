import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Want } from '../routes/want.ts'
import { type JsonSink, JsonWatch } from './json-watch.ts'

const members = (of: Record<string, Want>): Want => ({
  members: Object.entries(of).map(([name, want]) => ({ name, key: Buffer.from(name), want })),
})
const want = members({
  a: { keep: 'a' },
  b: members({ a: { keep: 'b.a' }, text: { text: 0 } }),
  list: { list: 'list', each: members({ a: { keep: 'list.a' } }) },
})

function scan(bytes: Buffer, places: readonly number[] = []) {
  const found = { kept: [] as [string, unknown][], text: [] as Buffer[], steps: [] as string[] }
  const sink: JsonSink = {
    kept: (name, value) => found.kept.push([name, value]),
    text: (_, bytes, from, to) => found.text.push(Buffer.from(bytes.subarray(from, to))),
    list: (_, step) => found.steps.push(step),
  }
  const json = new JsonWatch(want, sink)
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  for (const [i, from] of [0, ...at].entries()) json.push(bytes, from, at[i] ?? bytes.length)
  return { ...found, text: Buffer.concat(found.text).toString(), finished: json.finished, broken: json.broken }
}

type Fields = Record<string, unknown>
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The same by parsing the whole. */
function expected(value: Fields) {
  const kept: [string, unknown][] = []
  const keep = (name: string, of: unknown) => {
    if (isObject(of) && Object.hasOwn(of, 'a') && of.a !== null) kept.push([name, of.a])
  }
  for (const [key, of] of Object.entries(value)) {
    if (key === 'a') keep('a', value)
    if (key === 'b') keep('b.a', of)
    if (key === 'list' && Array.isArray(of)) for (const one of of) keep('list.a', one)
  }
  const { b, list } = value
  return {
    kept,
    text: isObject(b) && typeof b.text === 'string' ? JSON.stringify(b.text).slice(1, -1) : '',
    elements: Array.isArray(list) ? list.length : 0,
  }
}

const long = fc
  .array(fc.constantFrom('\\', '"', 'x'.repeat(70), '\\"', 'é', '{', ']'), { maxLength: 20 })
  .map((parts) => parts.join(''))
const any = fc.oneof(fc.jsonValue(), long, fc.array(fc.dictionary(fc.constantFrom('a', 'b'), fc.jsonValue())))
const object = fc.record(
  {
    a: any,
    b: fc.oneof(fc.record({ a: any, text: long }, { requiredKeys: [] }), any),
    list: any,
    other: any,
    other2: long,
  },
  { requiredKeys: [] },
)
const places = fc.array(fc.nat(2000), { maxLength: 20 })

test('what is found is what parsing the whole would find, wherever the text is cut and however it is indented', () => {
  fc.assert(
    fc.property(object, places, fc.constantFrom(0, 2), (value, places, indent) => {
      const plain = JSON.parse(JSON.stringify(value))
      const found = scan(Buffer.from(JSON.stringify(plain, null, indent)), places)
      const { kept, text, elements } = expected(plain)
      assert.deepEqual(found.kept, kept)
      assert.equal(found.text, text)
      assert.equal(found.steps.filter((step) => step === 'element').length, elements)
      assert.ok(found.finished && !found.broken)
    }),
    { numRuns: 500 },
  )
})

test('any bytes at all are read without an error, and alike wherever they are cut', () => {
  const parts = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    '"a"',
    '"list"',
    '"b"',
    '1',
    'null',
    ' ',
    'x',
    '\u0000',
  )
  fc.assert(
    fc.property(fc.array(parts, { maxLength: 30 }), places, (parts, places) => {
      const bytes = Buffer.from(parts.join(''))
      assert.deepEqual(scan(bytes, places), scan(bytes))
    }),
    { numRuns: 1000 },
  )
})

test('nesting without an end costs no memory, and a value too long to be usage is not kept', () => {
  const deep = scan(Buffer.from(`{"x":${'['.repeat(100_000)}`))
  assert.ok(!deep.broken && !deep.finished)
  const padded = Buffer.from(JSON.stringify({ a: 'x'.repeat(20_000), b: { a: 1 } }))
  assert.deepEqual(scan(padded).kept, [['b.a', 1]])
  assert.deepEqual(scan(padded, [5000, 10_000, 15_000, 20_003]).kept, [['b.a', 1]])
})
