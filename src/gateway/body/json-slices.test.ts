import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { ApiError } from '../../contract/error.ts'
import { Cuts } from './json-cuts.ts'
import { JsonScan, LONG_STRING } from './json-scan.ts'
import { JsonText } from './json-text.ts'

type Outcome = { fields: unknown } | { failure: string; param: unknown }

function told(error: unknown): Outcome {
  if (error instanceof ApiError) return { failure: error.failure, param: error.envelope.error.param }
  throw error
}

function atOnce(text: string): Outcome {
  const bytes = Buffer.from(text)
  try {
    const scan = new JsonScan()
    scan.scan(bytes, bytes.length)
    return { fields: JsonText.of(bytes, scan).fields }
  } catch (error) {
    return told(error)
  }
}

/** @returns what comes of it, and in how many slices */
async function sliced(text: string, slice: number): Promise<Outcome & { slices: number }> {
  const bytes = Buffer.from(text)
  const scan = new JsonScan(new Cuts(slice))
  const slices = () => (scan.cuts?.found.length ?? 0) + 1
  try {
    scan.scan(bytes, bytes.length)
    return { fields: (await JsonText.inTurns(bytes, scan)).fields, slices: slices() }
  } catch (error) {
    return { ...told(error), slices: slices() }
  }
}

/** Deep equality does not look at the order of members. */
async function isTheSame(text: string, slice: number): Promise<number> {
  const [whole, { slices, ...parts }] = [atOnce(text), await sliced(text, slice)]
  assert.ok(isDeepStrictEqual(parts, whole), `${text}: ${JSON.stringify(parts)} for ${JSON.stringify(whole)}`)
  assert.equal(JSON.stringify(parts), JSON.stringify(whole))
  return slices
}

// Those that end with a backslash are refused as a whole: `json-misread.test.ts` says why.
const name = fc.oneof(
  fc.constantFrom('a', '__proto__', '', '7', 'toString', 'a"\\,b', 'ж'),
  fc.string({ maxLength: 3 }).filter((name) => !name.endsWith('\\')),
)
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom('', ',', '}', ']', '"', '[,', 'ж汉😀', '\u0000'),
    fc.oneof(fc.integer(), fc.boolean(), fc.constant(null)),
    fc.array(tie('value'), { maxLength: 6 }),
    tie('object'),
  ),
  object: fc.array(fc.tuple(name, tie('value')), { maxLength: 6 }).map((members) => new Map(members)),
}))
const object = fc.array(fc.tuple(name, value), { maxLength: 8 })

/** JSON with space where it may be, and with members as they are given: twice, if they are. */
function written(value: unknown, space: string): string {
  if (Array.isArray(value)) return `[${value.map((one) => space + written(one, space) + space).join()}]`
  if (value instanceof Map) return members([...value], space)
  return JSON.stringify(value)
}
const members = (list: [string, unknown][], space: string) =>
  `{${list.map(([key, one]) => `${space}${JSON.stringify(key)}${space}:${written(one, space)}${space}`).join()}${space}}`
const text = fc.tuple(object, fc.constantFrom('', ' ', '\n\t')).map(([list, space]) => members(list, space))
const slice = fc.integer({ min: 1, max: 40 })

test('a text that is parsed in slices is what it is as a whole, and refused where that is', async () => {
  let most = 0
  const property = fc.asyncProperty(text, slice, async (text, slice) => {
    most = Math.max(most, await isTheSame(text, slice))
  })
  await fc.assert(property, { numRuns: 3000 })
  assert.ok(most > 10, 'some were cut often')
})

test('so is one in which anything was added or left out', async () => {
  const change = fc.record({
    at: fc.nat(),
    drop: fc.nat(2),
    put: fc.constantFrom('', ',', '[', ']', '{', '}', ':', '"', '1'),
  })
  const changed = fc.tuple(text, fc.array(change, { minLength: 1, maxLength: 2 })).map(([text, changes]) => {
    let out = text
    for (const { at, drop, put } of changes) {
      const place = at % (out.length + 1)
      out = out.slice(0, place) + put + out.slice(place + drop)
    }
    return out
  })
  await fc.assert(
    fc.asyncProperty(changed, slice, async (text, slice) => void (await isTheSame(text, slice))),
    { numRuns: 5000 },
  )
})

const wrong = [
  '{"a":[1,]}',
  '{"a":[,1]}',
  '{"a":1,}',
  '{,"a":1}',
  '{"a":[1,,2]}',
  '{"a":[1 ,\n]}',
  '{"a":{"b":1,},"c":2}',
]
for (const text of wrong) {
  test(`a comma with nothing beside it is refused wherever it is cut: ${text}`, async () => {
    for (let slice = 1; slice <= text.length; slice++) await isTheSame(text, slice)
    assert.ok('failure' in atOnce(text))
  })
}

for (const text of [
  '{"a":1,"b":2,"a":3}',
  '{"x":[{"a":1,"b":2,"a":3}]}',
  '{"a":{"b":[1,2,3],"c":1},"d":1,"a":2}',
  '{"a":{"b":[1,2,3],"b":1}}',
]) {
  test(`two members of one name are found in whatever slices they are: ${text}`, async () => {
    for (let slice = 1; slice <= text.length; slice++) await isTheSame(text, slice)
    assert.equal((atOnce(text) as { failure?: string }).failure, 'duplicate_parameter')
  })
}

test('long strings are stood in for in whatever slice they are, and written as they came', async () => {
  const long = (letter: string) => letter.repeat(LONG_STRING + 1)
  const text = JSON.stringify({ a: [long('a'), 'b', { c: long('ж'), d: [1, long('"')] }], e: 'f' })
  const bytes = Buffer.from(text)
  for (const size of [1, 10, 70_000, 1_000_000]) {
    const scan = new JsonScan(new Cuts(size))
    scan.scan(bytes, bytes.length)
    const body = await JsonText.inTurns(bytes, scan)
    const encoded = Object.entries(body.fields).map(([name, value]) => `"${name}":${Buffer.concat(body.encode(value))}`)
    assert.equal(`{${encoded.join()}}`, text)
    const { a } = body.fields as { a: [string, string, { c: string }] }
    assert.deepEqual([a[0].length, a[2].c.length], [LONG_STRING + 1, LONG_STRING + 1])
  }
})

test('others have their turn while a large text is parsed', async () => {
  const text = JSON.stringify({
    messages: Array.from({ length: 1000 }, () => ({ role: 'user', content: 'x'.repeat(3000) })),
  })
  const bytes = Buffer.from(text)
  const scan = new JsonScan(new Cuts())
  scan.scan(bytes, bytes.length)
  let turns = 0
  let over = false
  const count = () => {
    turns++
    if (!over) setImmediate(count)
  }
  setImmediate(count)
  const { fields } = await JsonText.inTurns(bytes, scan)
  over = true
  assert.equal((fields.messages as unknown[]).length, 1000)
  assert.ok(turns >= 20, `${turns} turns`)
})
