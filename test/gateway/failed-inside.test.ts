import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { RouteName } from '../../src/gateway/routes/table.ts'
import { bytes, type Figures, nothing, type Seen, type Tried, tryAll } from './tried.ts'
import { EVENTS, event, type Script } from './upstream.ts'

/*
 * Failures inside replies of status 200: they cost nothing where nothing of an answer came with them, and take nothing back
 * where something did. The client gets what the model server said, in either case.
 */

type Row = Tried & { text: string; expected: Figures }
const rows: Record<string, Row> = {}

const JSON_TYPE = 'application/json'
const SSE = EVENTS['content-type']
const error = { message: 'overloaded', type: 'server_error', code: 503 }
const zeros = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 }
/** The input has been read, and nothing was answered. */
const read: Figures = { requests: 1, input: 3 }

const add = (
  route: RouteName,
  what: string,
  text: string,
  expected: Figures,
  type: string,
  more: Partial<Tried> = {},
) => {
  rows[`${route}: ${what}`] = {
    route,
    text,
    expected: { ...nothing, ...expected },
    script: bytes(type, [text]),
    ...more,
  }
}

/** Replies that are no answer of any route. */
const failures: Record<string, [text: string, type: string]> = {
  'an error': [JSON.stringify({ error }), JSON_TYPE],
  'an error that is a text': [JSON.stringify({ error: 'overloaded' }), JSON_TYPE],
  'an error beside empty lists': [JSON.stringify({ choices: null, output: [], data: [], error }), JSON_TYPE],
  'an error beside zeros': [JSON.stringify({ error, usage: zeros }), JSON_TYPE],
  'an error beside null': [JSON.stringify({ usage: null, error }), JSON_TYPE],
  'an error beside what was read': [
    JSON.stringify({ error, usage: { ...zeros, prompt_tokens: 9, total_tokens: 9 } }),
    JSON_TYPE,
  ],
  'an object that is an error': [JSON.stringify({ object: 'error', message: 'no such', code: 400 }), JSON_TYPE],
  'several errors': [JSON.stringify({ success: false, errors: [error], result: null }), JSON_TYPE],
  'a detail': [JSON.stringify({ detail: 'not found' }), JSON_TYPE],
  'an error behind a byte order mark': [`\ufeff${JSON.stringify({ error })}`, JSON_TYPE],
  'an error as events': [JSON.stringify({ error }, null, 2), SSE],
  'an error as text': [JSON.stringify({ error }), 'text/plain'],
  nothing: ['', JSON_TYPE],
  'blank lines': [' \n\r\n', JSON_TYPE],
  'a byte order mark': ['\ufeff', JSON_TYPE],
  'a page': ['<!DOCTYPE html>\n<title>502</title>', 'text/html'],
  'a page without a type': ['\n<html lang="en"><h1>login</h1></html>', 'text/html; charset=utf-8'],
  'a page under another label': ['<!doctype html><p>hello', JSON_TYPE],
  'a piece of a page': ['<center>Bad Gateway</center>', 'text/html'],
  'a document of errors': ['<?xml version="1.0"?><Error/>', 'application/xml'],
}
const routes: RouteName[] = [
  ...(['chat.completions.create', 'completions.create', 'responses.create', 'embeddings.create'] as const),
  ...(['moderations.create', 'images.generate', 'audio.transcriptions.create', 'audio.speech.create'] as const),
]
for (const route of routes)
  for (const [what, [text, type]] of Object.entries(failures)) add(route, what, text, {}, type)

const chat = 'chat.completions.create'
const said = event({ choices: [{ index: 0, delta: { content: 'one two' } }] })
const begun = event({ choices: [{ index: 0, delta: { role: 'assistant', content: '' }, finish_reason: null }] })
const response = { id: 'resp_1', status: 'in_progress', error: null, output: [], usage: null }
const created = event({ type: 'response.created', response })
const failed = event({ type: 'response.failed', response: { ...response, status: 'failed', error } })
const delta = event({ type: 'response.output_text.delta', delta: 'one two' })
const DONE = event('[DONE]')
const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, input_tokens: 10, output_tokens: 5 }
const counted = { ...read, output: 2 }
const reported = { requests: 1, input: 10, output: 5 }

const message = { role: 'assistant', content: 'one two' }
const item = { type: 'message', content: [{ type: 'output_text', text: 'one two' }] }
const done = event({ type: 'response.output_item.done', item })
const showing = event({ type: 'response.failed', response: { ...response, status: 'failed', error, output: [item] } })

/** Streams, and what they cost. */
const streams: [route: RouteName, what: string, text: string, expected: Figures][] = [
  [chat, 'an error first', event({ error }) + DONE, {}],
  [chat, 'an error that is named', `event: error\ndata: {"message":"overloaded"}\n\n`, {}],
  [chat, 'an error that is named, and no object', `event:error\r\ndata: overloaded\r\n\r\n`, {}],
  [
    chat,
    'an error in a choice',
    event({ choices: [{ index: 0, delta: {}, error, finish_reason: 'error' }] }) + DONE,
    {},
  ],
  [chat, 'an error when it was begun', begun + event({ error }) + DONE, {}],
  [chat, 'an error, and zeros', begun + event({ error }) + event({ choices: [{ delta: {} }], usage: zeros }), {}],
  [chat, 'an object between its events', `${begun}event: error\n${event({ error })}${DONE}`, {}],
  [chat, 'nothing', '', {}],
  [chat, 'an end and nothing else', DONE, {}],
  [chat, 'comments and nothing else', ': hello\n\n: hello\n\n', {}],
  [chat, 'events without data and nothing else', 'event: ping\nid: 1\nretry: 10\n\ndata:\n\n', {}],
  [chat, 'an error later', said + event({ error }) + DONE, counted],
  [chat, 'an error later that is named', `${said}event: error\n${event({ error })}`, counted],
  [chat, 'an error before an answer', event({ error }) + said + DONE, counted],
  [
    chat,
    'an error beside an answer',
    event({ error, choices: [{ index: 0, delta: { content: 'one two' } }] }),
    counted,
  ],
  [chat, 'an error, later a report', said + event({ error }) + event({ choices: [{}], usage }), reported],
  [chat, 'an error beside a report of output', event({ error, usage }), reported],
  [chat, 'an error beside the report that was not asked for', said + event({ choices: [], error, usage }), reported],
  [chat, 'another event of a similar name', `event: errors\n${begun}event: error2\n${begun}`, read],
  [chat, 'no answer and no error', begun + DONE, read],
  [chat, 'lines that are none', 'upstream connect error\n', read],
  [chat, 'data that is no object', 'data: hello\n\n', read],
  ...[
    { reasoning_content: 'one two' },
    { refusal: 'one two' },
    { tool_calls: [{ function: { arguments: 'one two' } }] },
    { reasoning_text: 'one two' },
    { thinking: 'one two' },
    { content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'one two' }] }] },
  ].map((delta): (typeof streams)[number] => [
    ...([chat, `an error behind ${Object.keys(delta)[0]}`] as const),
    event({ choices: [{ index: 0, delta }] }) + event({ error }),
    counted,
  ]),
  [
    chat,
    'an error behind sound',
    event({ choices: [{ delta: { audio: { data: 'QUJD' } } }] }) + event({ error }),
    read,
  ],
  [chat, 'an error behind images', event({ choices: [{ delta: { images: [{}] } }] }) + event({ error }), read],
  [chat, 'a page', '<html>\n\n<title>502</title>\n', {}],
  [chat, 'a page, an error', `<html>\n\n${begun}${event({ error })}`, {}],
  [chat, 'a page before an answer', `<!doctype html>\n\n${said}${DONE}`, counted],
  ['completions.create', 'an error first', event({ error }) + DONE, {}],
  ['completions.create', 'an error later', event({ choices: [{ text: 'one two' }] }) + event({ error }), counted],
  ['responses.create', 'a failure', created + failed, {}],
  ['responses.create', 'an error', event({ type: 'error', code: 'overloaded', message: 'x', param: null }), {}],
  ['responses.create', 'an error when it was begun', created + event({ type: 'error', error }), {}],
  ['responses.create', 'a failure that shows what was not said', created + showing, counted],
  ['responses.create', 'a failure that shows what was said', created + delta + done + showing, counted],
  ['responses.create', 'an item that was not said, and a failure', created + done + failed, counted],
  ['responses.create', 'a failure later', created + delta + failed, counted],
  [
    'responses.create',
    'a failure later that reports',
    created + delta + event({ type: 'response.failed', response: { ...response, status: 'failed', error, usage } }),
    reported,
  ],
  [
    'responses.create',
    'a failure behind a search',
    created + event({ type: 'response.output_item.added', item: { id: 'ws_1', type: 'web_search_call' } }) + failed,
    read,
  ],
  ['responses.create', 'a failure behind an image', event({ type: 'x', partial_image_b64: 'QUJD' }) + failed, read],
  ['images.generate', 'an error first', event({ type: 'error', error }), {}],
  [
    'images.generate',
    'an error behind an image',
    event({ type: 'image_generation.completed', b64_json: 'QUJD' }) + event({ type: 'error', error }),
    { ...read, images: 1 },
  ],
  ['images.generate', 'a list of images in one event', event({ data: [{ b64_json: 'QUJD' }] }), { ...read, images: 1 }],
  ['images.generate', 'an error behind a piece', event({ b64_json: 'QUJD' }) + event({ error }), read],
  ['audio.transcriptions.create', 'an error first', event({ error }), {}],
  [
    'audio.transcriptions.create',
    'an error later',
    event({ type: 'transcript.text.delta', delta: 'Hi' }) + event({ error }),
    { requests: 1, seconds: 1 },
  ],
  [
    'audio.speech.create',
    'an error later',
    event({ type: 'speech.audio.delta', audio: 'QUJD' }) + event({ error }),
    read,
  ],
]
for (const [route, what, text, expected] of streams) {
  const fields = route === 'audio.speech.create' ? { stream_format: 'sse' } : { stream: true }
  add(route, `a stream with ${what}`, text, expected, SSE, { fields })
  const single = Array.from(Buffer.from(text), (byte) => Buffer.of(byte))
  add(route, `a stream with ${what}, in single bytes`, text, expected, SSE, { fields, script: bytes(SSE, single) })
}

/** Answers that are no JSON, whatever they look like: what was heard, as text, and sound. */
const lookalikes = [
  'event: error\n\none two',
  'data: {"error":"one"}\n\n',
  ': one two',
  '<html> one two',
  '<?xml version="1.0"?>',
]
for (const text of lookalikes) {
  const what = `an answer that begins with ${JSON.stringify(text.slice(0, 8))}`
  add('audio.transcriptions.create', what, text, { requests: 1, seconds: 1 }, 'text/plain; charset=utf-8')
  add('audio.speech.create', what, text, read, 'audio/pcm')
}

/** Whole replies that hold an answer beside what is or looks like an error. */
const answers: [RouteName, string, object, Figures][] = [
  [chat, 'an error beside an answer', { error, choices: [{ message }] }, counted],
  [chat, 'an error behind an answer', { choices: [{ message }], error }, counted],
  [chat, 'an error beside a report of output', { error, choices: [], usage }, reported],
  [chat, 'an error beside an answer and its report', { error, choices: [{ message }], usage }, reported],
  [chat, 'an error beside sound', { error, choices: [{ message: { audio: { data: 'QUJD' } } }] }, read],
  ...[null, '', false, {}, []].map((none): [RouteName, string, object, Figures] => [
    ...([chat, `no error that is ${JSON.stringify(none)}`, { error: none, choices: [] }, read] as const),
  ]),
  ['completions.create', 'an error beside an answer', { error, choices: [{ text: 'one two' }] }, counted],
  ['responses.create', 'a failure', { ...response, status: 'failed', error }, {}],
  ['responses.create', 'a failure without an error', { ...response, status: 'failed' }, {}],
  ['responses.create', 'a failure with an answer', { ...response, status: 'failed', error, output: [item] }, counted],
  ['responses.create', 'a failure with a report', { ...response, status: 'failed', error, usage }, reported],
  [
    'responses.create',
    'an answer that is not complete',
    { ...response, status: 'incomplete', output: [item] },
    counted,
  ],
  ['embeddings.create', 'an error beside vectors', { data: [{ embedding: [1] }], error }, read],
  ['moderations.create', 'an error beside results', { results: [{ flagged: false }], error }, read],
  ['images.generate', 'an error beside an image', { data: [{ b64_json: 'QUJD' }], error }, { ...read, images: 1 }],
  ['audio.transcriptions.create', 'an error beside a text', { text: 'Hi', error }, { requests: 1, seconds: 1 }],
]
for (const [route, what, reply, expected] of answers)
  add(route, `an object with ${what}`, JSON.stringify(reply), expected, JSON_TYPE)
add('audio.transcriptions.create', 'an empty text, of silence', '', { requests: 1, seconds: 1 }, 'text/plain')
add('audio.speech.create', 'sound that begins like a page', '<\0\x01\x02sound', read, 'audio/pcm')

/** Never ends, so that only its client can. */
const hanging =
  (text: string): Script =>
  async ({ whole, response }) => {
    await whole
    response.writeHead(200, EVENTS).write(text)
  }
for (const [what, text, expected] of [
  ['anything has come', ': hello\n\n', read],
  ['the answer has begun', begun, read],
  ['something was said', said, counted],
  ['something was said and then an error', said + event({ error }), counted],
  ['an error came first', event({ error }), {}],
] as const)
  add(chat, `its client leaves when ${what}`, text, expected, SSE, {
    ...{ fields: { stream: true }, leaves: text.length, script: hanging(text) },
  })
for (const [what, text, expected] of [
  ['anything has come', ': hello\n\n', {}],
  ['the answer has begun', begun, read],
  ['something was said', said, counted],
] as const)
  add(chat, `it breaks off when ${what}`, text, expected, SSE, {
    ...{ fields: { stream: true }, script: bytes(SSE, [text], {}, 'broken') },
  })

describe('a failure inside a reply of a good status:', () => {
  let seen: Record<string, Seen>
  before(async () => {
    seen = await tryAll(rows)
  })
  for (const [name, { text, expected }] of Object.entries(rows)) {
    test(name, () => {
      const { status, text: received, headers: _headers, ...figures } = seen[name] as Seen
      assert.equal(received, text)
      assert.deepEqual({ status, ...figures }, { status: 200, ...expected })
    })
  }
})
