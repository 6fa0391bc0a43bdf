import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { streamOf } from '../../../test/gateway/replies.ts'
import { completion } from '../routes/replies.ts'
import { EventStream } from './event-stream.ts'
import { Reading } from './reply-facts.ts'

const usage = { prompt_tokens: 5, completion_tokens: 7 }
const said = (content: string, more: object = {}) => ({ id: 'c', choices: [{ index: 0, delta: { content } }], ...more })
const extra = { id: 'c', object: 'chat.completion.chunk', choices: [], usage }

function pass(pieces: readonly Buffer[], withholds = true) {
  const reading = new Reading(() => {})
  const stream = new EventStream(reading, completion, withholds)
  const sent = [...pieces.map((piece) => stream.chunk(piece)), stream.end()].map(
    (bytes) => bytes?.toString('latin1') ?? '',
  )
  return { sent, text: sent.join(''), usage: reading.usage }
}

const latin1 = (bytes: Buffer) => bytes.toString('latin1')
const everyByte = (bytes: Buffer) => Array.from(bytes, (_, i) => bytes.subarray(i, i + 1))

type Event = { lines: string[]; withheld: boolean }
const data = (value: unknown, withheld = false): Event => ({ lines: [`data: ${JSON.stringify(value)}`], withheld })

/** Events as servers send them, near misses of the one to withhold among them. */
const event: fc.Arbitrary<Event> = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'binary' }).map((text) => data(said(text, { usage: null }))) },
  { weight: 3, arbitrary: fc.constant(data(extra, true)) },
  fc.constantFrom<Event>(
    { lines: ['data: [DONE]'], withheld: false },
    { lines: ['data:{"usage":{"prompt_tokens":5},"choices":[]}'], withheld: true },
    { lines: ['event: x', 'id: 3', 'data: {"choices" : [ ],', 'data: "usage": {"a":"}"} }'], withheld: true },
    { lines: ['data: {"choices":[],"usage":null,"prompt_filter_results":[]}'], withheld: false },
    { lines: ['data: {"choices":[],"prompt_filter_results":[{"usage":{}}]}'], withheld: false },
    { lines: ['data: {"choices":[{"index":0,"delta":{}}],"usage":{"prompt_tokens":1}}'], withheld: false },
    { lines: ['data: {"choices":null,"usage":{}}'], withheld: false },
    { lines: ['data: {"choices":[],"choices":[1],"usage":{}}'], withheld: false },
    { lines: ['data: {"choices":[],"usage":{},"error":{"message":"x"}}'], withheld: false },
    { lines: ['event: error', 'data: {"choices":[],"usage":{}}'], withheld: false },
    { lines: ['data: {"choices":[],"usage":{}} {}'], withheld: false },
    { lines: ['data: {"choices":[],"usage":{}'], withheld: false },
    { lines: ['data: {"usage":{"prompt_tokens":5}}'], withheld: false },
    { lines: ['data: {"nested":{"choices":[],"usage":{}}}'], withheld: false },
    { lines: ['data: {"error":{"message":"\\"choices\\":[],\\"usage\\":{}"}}'], withheld: false },
    { lines: ['datum', 'data', 'retry: 10', 'x: data: {"choices":[],"usage":{}}'], withheld: false },
    { lines: [': data: {"choices":[],"usage":{}}'], withheld: false },
    { lines: [], withheld: false },
  ),
)

const stream = fc.array(fc.tuple(event, fc.constantFrom('\n', '\r\n', '\r')), { maxLength: 8 })
const places = fc.array(fc.nat(5000), { maxLength: 30 })

/** The stream, and what of it a client is to get; a line ended by CR before one that begins with LF would be another stream. */
function written(events: readonly (readonly [Event, string])[]) {
  const lineEnd = events[0]?.[1] ?? '\n'
  const all = events.map(([{ lines }]) => [...lines, ''].map((line) => line + lineEnd).join(''))
  return {
    bytes: Buffer.from(all.join('')),
    expected: Buffer.from(all.filter((_, i) => !events[i]?.[0].withheld).join('')),
  }
}

test('however a stream is cut, all of it passes but the event nobody asked for, and of that not a byte', () => {
  fc.assert(
    fc.property(stream, places, (events, places) => {
      const { bytes, expected } = written(events)
      const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
      const pieces = [0, ...at].map((from, i) => bytes.subarray(from, at[i] ?? bytes.length))
      const whole = pass([bytes])
      assert.equal(whole.text, latin1(expected))
      for (const cut of [pieces, everyByte(bytes)]) {
        const { text, usage } = pass(cut)
        assert.equal(text, latin1(expected))
        assert.deepEqual(usage, whole.usage)
      }
    }),
    { numRuns: 400 },
  )
})

test('where the client asked for usage itself every chunk is the very same bytes', () => {
  fc.assert(
    fc.property(stream, (events) => {
      const { bytes } = written(events)
      for (const cut of [[bytes], everyByte(bytes)]) {
        const { sent } = pass(cut, false)
        assert.deepEqual(sent, [...cut.map(latin1), ''])
      }
    }),
  )
})

test('what cannot be the withheld event is not held: no event waits for another, nor a begun one for its end', () => {
  const first = streamOf([said('one')])
  const begun = Buffer.from(
    'data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":"tw',
  )
  const comment = Buffer.from(': keep-alive\n\n')
  const { sent } = pass([first, comment, begun])
  assert.deepEqual(sent, [...[first, comment, begun].map(latin1), ''])
})

test('a begun event is held only until its choices are seen', () => {
  const pieces = ['data: {"id":"c","cho', 'ices":', '[', '{"index', '":0}]}\n\n'].map((text) => Buffer.from(text))
  assert.deepEqual(pass(pieces).sent, ['', '', '', 'data: {"id":"c","choices":[{"index', '":0}]}\n\n', ''])
})

test('an event with no choices and no usage is not held until its empty line', () => {
  const pieces = ['data: {"choices":[]}', '\n', '\n'].map((text) => Buffer.from(text))
  assert.deepEqual(pass(pieces).sent, ['data: {"choices":[]}', '\n', '\n', ''])
})

test('the end of a stream without an empty line is withheld or passed like any other event', () => {
  assert.equal(pass([streamOf([said('one'), extra]).subarray(0, -2)]).text, latin1(streamOf([said('one')])))
  const cutOff = streamOf([extra]).subarray(0, -20)
  const { sent, text } = pass([cutOff])
  assert.equal(text, latin1(cutOff))
  assert.deepEqual(sent, ['', latin1(cutOff)])
})

test('an event too long to be the extra one passes, however it comes', () => {
  const long = streamOf([{ padding: 'x'.repeat(70_000), choices: [], usage }])
  assert.equal(pass([long]).text, latin1(long))
  assert.equal(pass([long.subarray(0, 66_000), long.subarray(66_000)]).sent[0]?.length, 66_000)
})
