import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib'
import type { RouteName } from '../../src/gateway/routes/table.ts'
import { bytes, type Figures, type Seen, type Tried, tryAll } from './tried.ts'
import { event } from './upstream.ts'

/*
 * A reply is what its bytes are, whatever its label says: it is metered, and a stream keeps to itself the event that its client
 * did not ask for.
 */

const labels = [
  ...['text/event-stream', 'text/event-stream;charset=utf-8', 'application/json', 'text/plain; charset=utf-8'],
  ...['application/octet-stream', 'text/html', 'application/x-ndjson', 'something', null],
]

const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, input_tokens: 10, output_tokens: 5 }
const metered: Figures = { requests: 1, input: 10, output: 5 }
const MARK = '\ufeff'

/** What each route says, as a stream without and with the report of its use, and whole. */
type Said = { route: RouteName; text: string; report: string; whole: string; fields?: object }
const said: Said[] = [
  {
    route: 'chat.completions.create',
    text: event({ choices: [{ index: 0, delta: { content: 'Hi' } }] }),
    report: event({ choices: [], usage }),
    whole: JSON.stringify({ choices: [{ index: 0, message: { content: 'Hi' } }], usage }),
  },
  {
    route: 'completions.create',
    text: event({ choices: [{ index: 0, text: 'Hi' }] }),
    report: event({ choices: [], usage }),
    whole: JSON.stringify({ choices: [{ index: 0, text: 'Hi' }], usage }, null, 2),
  },
  {
    route: 'responses.create',
    text: `event: response.output_text.delta\n${event({ type: 'response.output_text.delta', delta: 'Hi' })}`,
    report: `event: response.completed\n${event({ type: 'response.completed', response: { id: 'r', output: [], usage } })}`,
    whole: JSON.stringify({ id: 'r', object: 'response', output: [], usage }),
  },
]
const [chat] = said as [Said]
const DONE = event('[DONE]')

const halves = (text: string) => [Buffer.from(text).subarray(0, 1), Buffer.from(text).subarray(1)]
const single = (text: string) => Array.from(Buffer.from(text), (byte) => Buffer.of(byte))

/** What may come before the content, and how a reply may be cut. */
const beginnings: Record<string, (text: string) => (string | Buffer)[]> = {
  'a byte order mark': (text) => [MARK + text],
  'a byte order mark in halves': (text) => halves(MARK + text),
  'a byte order mark by itself': (text) => [MARK, text],
  'blank lines': (text) => [`\n\r\n\r  \n${text}`],
  'a comment': (text) => [`: hello {"usage":1}\n\n${text}`],
  'comments by themselves': (text) => [': hello\r\n', '\r\n', ': data: {}\r', text],
  'a mark, a comment and a blank line': (text) => halves(`${MARK}:\n\n\n${text}`),
  'nothing, in single bytes': single,
  'everything, in single bytes': (text) => single(`${MARK}: x\r\n\r\n${text}`),
}
const codings = { gzip: gzipSync, br: brotliCompressSync, zstd: zstdCompressSync }

type Row = Tried & { text: string; expected?: Figures }
const rows: Record<string, Row> = {}
const reportless = { stream: true }
const reporting = { stream: true, stream_options: { include_usage: true } }

for (const { route, text, report, whole } of said) {
  const onDemand = route !== 'responses.create'
  const stream = text + report + DONE
  const kept = text + (onDemand ? '' : report) + DONE
  for (const label of labels) {
    const what = `${route} as ${label ?? 'nothing'}`
    rows[`${what}: events`] = { route, fields: reportless, script: bytes(label, [text, report, DONE]), text: kept }
    const announced = { 'content-length': String(Buffer.byteLength(stream)) }
    rows[`${what}: events of an announced length`] = {
      ...{ route, fields: reportless, text: kept },
      script: bytes(label, [stream], announced),
    }
    rows[`${what}: events that were not asked for`] = { route, script: bytes(label, [stream]), text: stream }
    rows[`${what}: an object`] = { route, script: bytes(label, [whole]), text: whole }
    rows[`${what}: an object where events were asked for`] = {
      ...{ route, fields: reportless, text: whole },
      script: bytes(label, [whole], { 'content-length': String(Buffer.byteLength(whole)) }),
    }
    if (onDemand) {
      const script = bytes(label, [stream])
      rows[`${what}: events whose report is asked for`] = { route, fields: reporting, script, text: stream }
    }
  }
}
for (const label of ['text/event-stream', 'application/json', 'text/plain', null]) {
  const { route, text, report, whole } = chat
  for (const [what, cut] of Object.entries(beginnings)) {
    const before = (content: string) => Buffer.concat(cut(content).map((part) => Buffer.from(part))).toString()
    const events = text + report + DONE
    rows[`${label}: events behind ${what}`] = {
      ...{ route, fields: reportless, text: before(text + DONE) },
      script: bytes(label, cut(events)),
    }
    for (const fields of [{}, reportless]) {
      const asked = fields === reportless ? ' where events were asked for' : ''
      rows[`${label}: an object behind ${what}${asked}`] = {
        route,
        fields,
        text: before(whole),
        script: bytes(label, cut(whole)),
      }
    }
  }
  for (const [coding, compress] of Object.entries(codings)) {
    for (const [what, content, kept, fields] of [
      ['events', text + report + DONE, text + DONE, reportless],
      ['an object', whole, whole, {}],
    ] as const) {
      const packed = compress(`${MARK}: x\n${content}`)
      const parts = [packed.subarray(0, 9), packed.subarray(9)]
      const script = bytes(label, parts, { 'content-encoding': coding })
      rows[`${label}: ${what} in ${coding}`] = { route, fields, text: `${MARK}: x\n${kept}`, script }
    }
  }
  // A reader of events takes no notice of lines that are none.
  for (const before of ['hello\n', '{}\n\n', '{"choices":[]}\n', '{"broken\n', '<b>\n', 'datum: 1\n']) {
    rows[`${label}: events behind ${JSON.stringify(before)}`] = {
      ...{ route, fields: reportless, text: before + text + DONE },
      script: bytes(label, [before + text + report + DONE]),
    }
  }
}
const embeddings = JSON.stringify({ data: [{ embedding: [1] }], usage: { prompt_tokens: 10, total_tokens: 10 } })
const done = event({ type: 'image_generation.completed', b64_json: 'QUJD', usage })
const heard = event({ type: 'transcript.text.done', text: 'Hi', usage })
for (const label of labels) {
  const script = bytes(label, halves(MARK + embeddings))
  rows[`embeddings as ${label}`] = {
    route: 'embeddings.create',
    script,
    text: MARK + embeddings,
    expected: { input: 10, output: 0 },
  }
  rows[`images as ${label}: events`] = {
    ...{ route: 'images.generate', fields: reportless, text: done, expected: { ...metered, images: 1 } },
    script: bytes(label, single(done)),
  }
  rows[`a transcription as ${label}: events`] = {
    ...{ route: 'audio.transcriptions.create', fields: reportless, text: heard, expected: { ...metered, seconds: 1 } },
    script: bytes(label, [heard]),
  }
}

describe('a reply is what its bytes are:', () => {
  let seen: Record<string, Seen>
  before(async () => {
    seen = await tryAll(rows)
  })
  for (const [name, { text, expected = metered }] of Object.entries(rows)) {
    test(name, () => {
      const { status, requests, input, output, images, seconds, ...reply } = seen[name] as Seen
      assert.equal(reply.text, text)
      const figures = { status: 200, requests: 1, images: 0, seconds: 0, ...expected }
      assert.deepEqual({ status, requests, input, output, images, seconds }, figures)
    })
  }
})
