import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { RouteName } from '../../src/gateway/routes/table.ts'
import { type Figures, nothing, type Seen, type Tried, tryAll } from './tried.ts'
import { EVENTS, event, json, type Script } from './upstream.ts'

/*
 * What is made of reports where it is not a model's text that is paid for, and of a text that was in the request.
 */

type Row = [route: RouteName, what: string, script: Script, expected: Figures, fields?: Record<string, unknown>]

const events = (...data: unknown[]): Script => {
  const text = data.map(event).join('') + event('[DONE]')
  return ({ response }) => response.writeHead(200, EVENTS).end(text)
}
const zeros = { input_tokens: 0, output_tokens: 0, total_tokens: 0 }

const listed: Partial<Record<RouteName, object>> = {
  'embeddings.create': { data: [{ embedding: [0.1, -2e-5] }] },
  'moderations.create': { results: [{ flagged: false }] },
}
/** Whatever is left of a sum is input where there is no output. */
const inputs: [string, object | null, number][] = [
  ['all of it', { prompt_tokens: 5, total_tokens: 5 }, 5],
  ['no output', { prompt_tokens: 5, completion_tokens: 0, total_tokens: 5 }, 5],
  ['the sum alone', { total_tokens: 5 }, 5],
  ['the sum beside a zero', { prompt_tokens: 0, total_tokens: 5 }, 5],
  ['a larger sum', { prompt_tokens: 5, total_tokens: 7 }, 7],
  ['numbers as text', { prompt_tokens: '5', total_tokens: '5' }, 5],
  ['another name', { input_tokens: 5 }, 5],
  ['nothing but zeros', { prompt_tokens: 0, total_tokens: 0 }, 3],
  ['an empty object', {}, 3],
  ['null', null, 3],
]

const images: [string, object | null, Figures][] = [
  ['all of it', { input_tokens: 50, output_tokens: 60, total_tokens: 110 }, { input: 50, output: 60 }],
  ['the input and the sum', { input_tokens: 50, total_tokens: 110 }, { input: 50, output: 60 }],
  ['the sum alone', { total_tokens: 110 }, { input: 3, output: 107 }],
  ['numbers as text', { input_tokens: '50', output_tokens: '60' }, { input: 50, output: 60 }],
  ['nothing but zeros', zeros, { input: 3, output: 0 }],
  ['null', null, { input: 3, output: 0 }],
]
/** Of an edit the image counts as a thousand tokens of input, where nobody says how many it was. */
const edited: Record<string, Figures> = {
  'the sum alone': { input: 110, output: 0 },
  'nothing but zeros': { input: 1003 },
  null: { input: 1003 },
}
const sounds: [string, object, Figures][] = [
  ['tokens', { usage: { type: 'tokens', input_tokens: 14, output_tokens: 45 } }, { input: 14, output: 45, seconds: 1 }],
  ['the sum alone', { usage: { type: 'tokens', total_tokens: 59 } }, { input: 59, output: 0, seconds: 1 }],
  ['seconds as text', { usage: { type: 'duration', seconds: '8.5' } }, { seconds: 9 }],
  ['a duration as text', { duration: '8.470000267028809' }, { seconds: 9 }],
  ['a duration that is no number', { duration: '' }, { seconds: 1 }],
  ['null', { usage: null }, { seconds: 1 }],
]

/** A text completion that begins with its prompt, as it was asked to. */
const prompt = 'one two three'
const echoed = (text: string, usage?: object) => ({ choices: [{ index: 0, text }], ...(usage && { usage }) })
const read = { prompt_tokens: 3, completion_tokens: 0, total_tokens: 3 }
const echoes: [string, number, string, object | undefined, number][] = [
  ['the prompt and no report, where no answer is asked for', 0, prompt, undefined, 0],
  ['the prompt and a report of none', 0, prompt, read, 0],
  ['the prompt and a report of none without a sum', 0, prompt, { prompt_tokens: 3, completion_tokens: 0 }, 0],
  ['another text and no report', 0, 'four five six', undefined, 3],
  ['more than the prompt and no report', 100, `${prompt} four five`, undefined, 2],
  ['more than was asked for and no report', 1, `${prompt} four five`, undefined, 1],
  ['another text, more than was asked for, and no report', 1, 'four five six', undefined, 1],
]

const rows: Row[] = [
  ...Object.entries(listed).flatMap(([route, reply]) =>
    inputs.map(([what, usage, input]): Row => [route as RouteName, what, json({ ...reply, usage }), { input }]),
  ),
  ...images.flatMap(([what, usage, figures]): Row[] => [
    ['images.generate', what, json({ data: [{ b64_json: 'QUJD' }], usage }), { images: 1, ...figures }],
    [
      'images.edit',
      `${what} in a stream, and zeros later`,
      events({ type: 'image_edit.completed', b64_json: 'QUJD', usage }, { type: 'keepalive', usage: zeros }),
      { images: 1, ...figures, ...edited[what] },
      { stream: true },
    ],
  ]),
  ...sounds.map(
    ([what, said, figures]): Row => ['audio.transcriptions.create', what, json({ text: 'Hi', ...said }), figures],
  ),
  [
    'audio.transcriptions.create',
    'tokens in a stream, and zeros later',
    events(
      { type: 'transcript.text.done', text: 'Hi', usage: { input_tokens: 14, output_tokens: 2 } },
      { type: 'keepalive', usage: zeros },
    ),
    { input: 14, output: 2, seconds: 1 },
    { stream: true },
  ],
  [
    'audio.speech.create',
    'tokens in a stream, the input first',
    events(
      { type: 'speech.audio.delta', audio: 'QUJD', usage: { input_tokens: 14 } },
      { type: 'speech.audio.done', usage: { output_tokens: 101 } },
      { type: 'keepalive', usage: {} },
    ),
    { input: 14, output: 101 },
    { stream_format: 'sse' },
  ],
  ...echoes.flatMap(([what, max_tokens, text, usage, output]): Row[] => {
    const fields = { echo: true, max_tokens, prompt }
    const [begin, rest] = [text.slice(0, 7), text.slice(7)]
    return [
      ['completions.create', `echo: ${what}`, json(echoed(text, usage)), { input: 3, output }, fields],
      [
        'completions.create',
        `echo in a stream: ${what}`,
        events(echoed(begin), echoed(rest), ...(usage ? [{ choices: [], usage }] : [])),
        { input: 3, output },
        { ...fields, stream: true },
      ],
    ]
  }),
]

type Expected = Tried & { expected: Figures }
const calls: Record<string, Expected> = {}
for (const [route, what, script, expected, fields = {}] of rows)
  calls[`${route}: ${what}`] = { route, script, fields, expected }

describe('what is made of a report', () => {
  let seen: Record<string, Seen>
  before(async () => {
    seen = await tryAll(calls)
  })
  for (const [name, { expected }] of Object.entries(calls)) {
    test(name, () => {
      const { status, text: _text, headers: _headers, ...figures } = seen[name] as Seen
      assert.deepEqual({ status, ...figures }, { status: 200, ...nothing, requests: 1, ...expected })
    })
  }
})
