import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ApiError } from '../../contract/error.ts'
import { BodyBudget, Held } from './budget.ts'
import { JsonBody } from './json-body.ts'
import { JsonScan, LONG_STRING, MAX_DEPTH, MAX_NAMES, MAX_VALUES } from './json-scan.ts'

const MB = 1024 * 1024

/** The body of these bytes as they come in pieces of some size. */
function bodyOf(content: string | Buffer, piece = 65_536): JsonBody {
  const bytes = Buffer.from(content)
  const scan = new JsonScan()
  for (let end = piece; end < bytes.length; end += piece) scan.scan(bytes, end)
  scan.scan(bytes, bytes.length)
  return JsonBody.of(bytes, scan, new Held(new BodyBudget({ limitBytes: 1024 * MB, forSmall: 0 })))
}

/** What refuses it; null where it is taken. */
function refusalOf(content: string | Buffer, piece?: number): ApiError | null {
  try {
    bodyOf(content, piece)
    return null
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
}

const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether `JSON.parse` takes these bytes for an object. */
function isJsonObject(bytes: Buffer): boolean {
  try {
    return isObject(JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)))
  } catch {
    return false
  }
}

const space = fc.stringMatching(/^[ \t\r\n]{0,3}$/)
/** Names that end with a backslash are refused, and are not to be parsed here either: `json-misread.test.ts` says why. */
const isRead = (value: unknown) => !/(?<!\\)(?:\\\\)+":/.test(`${JSON.stringify(value)}`)
const json = (maxDepth: number) => fc.jsonValue({ maxDepth }).filter(isRead)
const value = fc.oneof(json(4), fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }))
/** A text as JSON, with some of its characters written as escapes that it does not need. */
const written = (text: string, escapes: boolean) =>
  escapes
    ? `"${[...Array(text.length).keys()].map((i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}"`
    : JSON.stringify(text).replaceAll('/', '\\/')
const name = fc
  .oneof(fc.string({ unit: 'grapheme', maxLength: 6 }), fc.constantFrom('model', '__proto__', 'a"b', '{', ','))
  .filter((name) => isRead({ [name]: 0 }))
const member = fc.record({ name, escapes: fc.boolean(), value, spaces: fc.tuple(space, space, space, space) })
const members = fc.uniqueArray(member, { selector: ({ name }) => name.toWellFormed(), maxLength: 8 })
type Member = { name: string; escapes: boolean; value: unknown; spaces: string[] }

/** One member's text up to its value, the value's, and the space behind it. */
const before = ({ name, escapes, spaces: [a, b, c] }: Member) => `${a}${written(name.toWellFormed(), escapes)}${b}:${c}`
const textOf = (list: readonly Member[]) =>
  `{${list.map((one) => `${before(one)}${JSON.stringify(one.value)}${one.spaces[3]}`).join()}}`
const piece = fc.integer({ min: 1, max: 40 })

test('the fields of any JSON object are what JSON.parse finds, in whatever pieces it comes', () => {
  fc.assert(
    fc.property(members, piece, (list, size) => {
      const text = textOf(list)
      const body = bodyOf(text, size)
      assert.deepEqual(body.fields, JSON.parse(text))
      assert.equal(body.bytes().toString(), text)
    }),
  )
})

test('setting a field that is there changes its value and not one other byte', () => {
  fc.assert(
    fc.property(members, fc.nat(), value, piece, (list, pick, value, size) => {
      const index = list.length === 0 ? -1 : pick % list.length
      const chosen = list[index]
      if (!chosen) return
      const body = bodyOf(textOf(list), size)
      body.set(chosen.name.toWellFormed(), value)
      assert.equal(body.bytes().toString(), textOf(list.with(index, { ...chosen, value })).toWellFormed())
    }),
  )
})

test('a field that is not there comes last, and not one byte before it changes', () => {
  fc.assert(
    fc.property(members, value, (list, value) => {
      const text = textOf(list)
      const body = bodyOf(text)
      body.set('not there yet', value)
      const sent = body.bytes().toString()
      assert.deepEqual(JSON.parse(sent), { ...JSON.parse(text), 'not there yet': JSON.parse(JSON.stringify(value)) })
      const kept = text.slice(0, list.length === 0 ? -1 : text.trimEnd().slice(0, -1).trimEnd().length)
      assert.ok(sent.startsWith(kept))
    }),
  )
})

test('after any fields are set and removed, what is sent is what the fields say', () => {
  const edit = fc.tuple(fc.nat({ max: 9 }), fc.option(json(2), { nil: undefined }))
  fc.assert(
    fc.property(members, fc.array(edit, { maxLength: 6 }), (list, edits) => {
      const text = textOf(list)
      const body = bodyOf(text)
      const expected: Map<string, unknown> = new Map(Object.entries(JSON.parse(text)))
      for (const [pick, value] of edits) {
        const name = list[pick]?.name.toWellFormed() ?? `new${pick}`
        if (name === '__proto__') continue
        if (value === undefined) {
          body.remove(name)
          expected.delete(name)
        } else {
          body.set(name, value)
          expected.set(name, JSON.parse(JSON.stringify(value)))
        }
      }
      const sent: object = JSON.parse(body.bytes().toString())
      assert.deepEqual(new Map(Object.entries(sent)), expected)
      assert.deepEqual(sent, JSON.parse(JSON.stringify(body.fields)))
      assert.deepEqual(sent, JSON.parse(JSON.stringify(body.whole())))
    }),
  )
})

test('a name that stands in an object twice is refused, however it is written and however deep it is', () => {
  fc.assert(
    fc.property(members, fc.nat(), fc.boolean(), fc.nat({ max: 5 }), (list, pick, escapes, depth) => {
      const chosen = list[pick % Math.max(list.length, 1)]
      if (!chosen) return
      const twice = textOf([...list, { ...chosen, escapes }])
      const top = refusalOf(twice)
      assert.deepEqual([top?.failure, top?.param], ['duplicate_parameter', chosen.name.toWellFormed()])
      const deep = `${'{"a":['.repeat(depth)}${twice}${']}'.repeat(depth)}`
      assert.equal(refusalOf(deep)?.failure, 'duplicate_parameter')
    }),
  )
})

test('garbage is refused, and only garbage: whatever is taken is what JSON.parse takes', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array)),
    fc.stringMatching(/^[{}[\]",:\\u0-9a\s]{0,40}$/).map((text) => Buffer.from(text)),
    fc
      .tuple(members, fc.nat(), fc.uint8Array({ minLength: 0, maxLength: 2 }), fc.nat({ max: 3 }))
      .map(([list, at, bytes, gone]) => {
        const text = Buffer.from(textOf(list))
        const cut = at % (text.length + 1)
        return Buffer.concat([text.subarray(0, cut), bytes, text.subarray(cut + gone)])
      }),
  )
  fc.assert(
    fc.property(bytes, piece, (bytes, size) => {
      const refused = refusalOf(bytes, size)
      if (refused?.failure === 'duplicate_parameter') return
      assert.equal(refused === null, isJsonObject(bytes), bytes.toString('latin1'))
      if (refused) assert.equal(refused.failure, 'malformed_json')
    }),
    { numRuns: 3000 },
  )
})

test('a string above 64 kB is judged by its length and beginning, and sent as it came even within a field that is set', () => {
  const unit = fc.constantFrom(
    'a',
    ' ',
    '/',
    'é',
    '漢',
    '😀',
    '\\n',
    '\\"',
    '\\\\',
    '\\u6f22',
    '\\ud83d\\ude00',
    '"}]'.replace('"', ''),
  )
  const pattern = fc.array(unit, { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(pattern, fc.integer({ min: 1, max: 9000 }), (pattern, size) => {
      const once = pattern.join('')
      const raw = once.repeat(Math.ceil((LONG_STRING + 1) / Buffer.byteLength(once)))
      const text = `{"a":[{"text" : "${raw}","b":"${raw.slice(0, once.length)}"}],"__proto__":"${raw}","é":1}`
      const real = JSON.parse(text)
      const body = bodyOf(text, size)
      const [first] = body.fields.a as { text: string; b: string }[]
      for (const [seen, sent] of [
        [first?.text, real.a[0].text],
        [Object.entries(body.fields)[1]?.[1] as string, Object.entries(real)[1]?.[1]],
      ]) {
        assert.equal(seen.length, sent.length)
        assert.equal(seen.slice(0, 64), sent.slice(0, 64))
      }
      assert.deepEqual(body.whole(), real)
      body.set('a', [{ ...first, b: 'new' }, first?.text])
      const expected = `{"a":[{"text":"${raw}","b":"new"},"${raw}"],"__proto__":"${raw}","é":1}`
      assert.equal(body.bytes().toString(), expected)
      assert.deepEqual(body.whole(), JSON.parse(expected))
    }),
    { numRuns: 30 },
  )
})

test('names above 64 kB stay apart, so that nothing below them is hidden', () => {
  const long = 'n'.repeat(LONG_STRING + 1)
  const body = bodyOf(`{"${long}a":{"file_id":1},"${long}b":2}`)
  assert.deepEqual(Object.values(body.fields), [{ file_id: 1 }, 2])
  body.set('model', 'm')
  assert.deepEqual(JSON.parse(body.bytes().toString()), { [`${long}a`]: { file_id: 1 }, [`${long}b`]: 2, model: 'm' })
})

test('a wrong escape and a control character are found in a long string too', () => {
  const long = 'x'.repeat(LONG_STRING)
  for (const wrong of ['\\x', '\\u12g4', '\u0000', '\n', '\\']) {
    assert.equal(refusalOf(`{"a":"${long}${wrong}"}`)?.failure, 'malformed_json', JSON.stringify(wrong))
  }
  const cut = Buffer.concat([Buffer.from(`{"a":"${long}`), Buffer.from([0xe6, 0xbc]), Buffer.from('"}')])
  assert.equal(refusalOf(cut)?.failure, 'malformed_json')
})

test('nesting is taken up to its limit, and what could exhaust stack or memory is refused before it is parsed', () => {
  const nested = (depth: number) => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
  assert.equal(refusalOf(nested(MAX_DEPTH)), null)
  assert.match(refusalOf(nested(MAX_DEPTH + 1))?.message ?? '', /nested more than 256 levels deep/)
  const list = (count: number) => `{"a":[${Array(count).fill('0').join()}]}`
  assert.equal(refusalOf(list(MAX_VALUES - 2)), null)
  assert.match(refusalOf(list(MAX_VALUES + 1))?.message ?? '', /more than 500000 values/)
  const names = (count: number) => `{${Array.from({ length: count }, (_, i) => `"${i}":0`).join()}}`
  assert.equal(refusalOf(names(MAX_NAMES)), null)
  assert.match(refusalOf(names(MAX_NAMES + 1))?.message ?? '', /more than 20000 names/)
})

test('every nasty shape of 26 MB is decided', () => {
  const most = 26 * MB
  const shapes: [string, string | null][] = [
    ['['.repeat(most), 'malformed_json'],
    [`{"a":${'['.repeat(most)}`, 'malformed_json'],
    ['{"a":'.repeat(most / 5), 'malformed_json'],
    [`{${'"a":1,'.repeat(most / 6)}"b":1}`, 'malformed_json'],
    [`{"a":[${'{},'.repeat(most / 3)}0]}`, 'malformed_json'],
    [`{"a":"${'\\n'.repeat(most / 2)}"}`, null],
    [`{"a":"${'\\"'.repeat(most / 2)}"}`, null],
    [`{"a":"${'\\\\'.repeat(most / 2)}"}`, null],
    [`{"a":"${'\\\\'.repeat(most / 2)}\\"}`, 'malformed_json'],
    [`{"a":"${'x'.repeat(most)}"}`, null],
    [`{"a":"${'x'.repeat(most)}`, 'malformed_json'],
    [`{"a":1${' '.repeat(most)},"b":2}`, null],
    [`{"a":${'1'.repeat(most)}}`, null],
    [
      `{"a":[${Array(390)
        .fill(`"${'x'.repeat(LONG_STRING + 9)}"`)
        .join()}]}`,
      null,
    ],
  ]
  for (const [text, failure] of shapes) assert.equal(refusalOf(text)?.failure ?? null, failure, text.slice(0, 30))
})
