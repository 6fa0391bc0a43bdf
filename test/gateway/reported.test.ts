import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { RouteName } from '../../src/gateway/routes/table.ts'
import { type Figures, type Seen, type Tried, tryAll } from './tried.ts'
import { EVENTS, event, json } from './upstream.ts'

/*
 * All the ways in which model servers report what a call used, in whole replies and in streams, and what is made of them.
 */

/** What a server reports, by names that each route calls otherwise. */
type Report = { input?: unknown; output?: unknown; total_tokens?: unknown; [more: string]: unknown } | null
/** What it says next: text, a report in an event of its own, or both at once. */
type Step = string | { report: Report; text?: string; more?: object }

type Spoken = 'chat.completions.create' | 'completions.create' | 'responses.create'
type Shape = {
  event: (text: string | undefined, usage: object | null | undefined, more: object) => object
  whole: (text: string, usage: object | null) => object
}

const shapes: Record<Spoken, Shape> = {
  'chat.completions.create': {
    event: (content, usage, more) => ({
      choices: content === undefined ? [] : [{ index: 0, delta: { content } }],
      ...(usage !== undefined && { usage }),
      ...more,
    }),
    whole: (content, usage) => ({ choices: [{ index: 0, message: { content } }], usage }),
  },
  'completions.create': {
    event: (text, usage, more) => ({
      choices: text === undefined ? [] : [{ index: 0, text }],
      ...(usage !== undefined && { usage }),
      ...more,
    }),
    whole: (text, usage) => ({ choices: [{ index: 0, text }], usage }),
  },
  'responses.create': {
    event: (delta, usage, more) => ({
      type: delta === undefined ? 'response.in_progress' : 'response.output_text.delta',
      ...(delta !== undefined && { delta }),
      ...(usage !== undefined && { response: { id: 'resp_1', status: 'in_progress', output: [], usage, ...more } }),
    }),
    whole: (text, usage) => ({
      ...{ id: 'resp_2', status: 'completed', error: null, usage },
      output: [{ type: 'message', content: [{ type: 'output_text', text }] }],
    }),
  },
}

function named(route: RouteName, report: Report): object | null {
  if (report === null) return null
  const { input, output, ...rest } = report
  const isFirst = route === 'responses.create'
  const names = isFirst ? ['input_tokens', 'output_tokens'] : ['prompt_tokens', 'completion_tokens']
  return {
    ...(input !== undefined && { [names[0] ?? '']: input }),
    ...(output !== undefined && { [names[1] ?? '']: output }),
    ...rest,
  }
}

const full = { input: 10, output: 5, total_tokens: 15 }
const none = { input: 0, output: 0, total_tokens: 0 }
const read = { input: 10, output: 0, total_tokens: 10 }
const said = 'one two'
const saidMore = ' three four'
/** The input of every call is three tokens, and what is said here two and two. */
const [counted, both] = [
  { input: 3, output: 2 },
  { input: 10, output: 5 },
]
const one = (report: Report): Step[] => [said, { report }]
const after = (report: Report): Step[] => [said, { report: full }, { report }]

/** In one report, so that a whole reply can have it, too. */
const single: Record<string, [Report, Figures]> = {
  'all of it': [full, both],
  'without a sum': [{ input: 10, output: 5 }, both],
  'numbers as text': [{ input: '10', output: '5', total_tokens: '15' }, both],
  'decimals as text': [{ input: '10.0', output: '5.0' }, both],
  'fractions, begun': [{ input: 9.5, output: 4.1 }, both],
  'the input and the sum': [{ input: 10, total_tokens: 15 }, both],
  'the output and the sum': [{ output: 5, total_tokens: 15 }, both],
  'no input and the sum': [{ input: 0, output: 5, total_tokens: 15 }, both],
  'the sum alone: the input is counted, the rest is the answer': [{ total_tokens: 15 }, { input: 3, output: 12 }],
  'the sum beside zeros': [
    { input: 0, output: 0, total_tokens: 15 },
    { input: 3, output: 12 },
  ],
  'a sum smaller than what was said': [{ total_tokens: 1 }, { input: 0, output: 1 }],
  'the input alone': [{ input: 10 }, { input: 10, output: 2 }],
  'the output alone': [{ output: 5 }, { input: 3, output: 5 }],
  'nothing but zeros': [none, counted],
  'an empty object': [{}, counted],
  null: [null, counted],
  'below nothing': [{ input: -1, output: -1, total_tokens: -2 }, counted],
  'words instead of numbers': [{ input: 'many', output: 'none', total_tokens: '' }, counted],
  'the largest number there is': [{ input: 2 ** 31 - 1, output: 2 ** 31 - 1 }, counted],
  'no output, and a sum that says so too': [read, { input: 10, output: 0 }],
  'no output, and no sum': [
    { input: 10, output: 0 },
    { input: 10, output: 2 },
  ],
  'no output, and another sum': [{ input: 10, output: 0, total_tokens: 15 }, both],
  'what a cache had, by its own name alone': [
    { prompt_tokens: 100, output: 5, total_tokens: 105, cache_read_input_tokens: 80, cache_creation_input_tokens: 0 },
    { input: 100, cached: 80, output: 5 },
  ],
  'what a cache had beside the input': [
    { input_tokens: 10, output_tokens: 5, cache_read_input_tokens: 80, cache_creation_input_tokens: 7 },
    { input: 97, cached: 80, output: 5 },
  ],
  'what a cache had beside a smaller input, whatever its name': [
    { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, cache_read_input_tokens: 80 },
    { input: 90, cached: 80, output: 5 },
  ],
  'what a cache had beside the input, by the sum': [
    { prompt_tokens: 100, completion_tokens: 5, total_tokens: 185, cache_read_input_tokens: 80 },
    { input: 180, cached: 80, output: 5 },
  ],
  'what a cache had and nothing else': [{ cache_read_input_tokens: 80 }, { input: 80, cached: 80, output: 2 }],
}

/** Only streams can have these. */
const sequences: Record<string, [Step[], Figures]> = {
  'zeros after it': [after(none), both],
  'an empty object after it': [after({}), both],
  'null after it': [after(null), both],
  'its input alone after it': [after({ input: 10 }), both],
  'its output alone after it': [after({ output: 5 }), both],
  'a placeholder after it': [after({ input: 1, output: 1, total_tokens: 2 }), both],
  'numbers below nothing after it': [after({ input: -1, output: -1 }), both],
  'no output after it': [after(read), both],
  'zeros before it': [[{ report: none }, ...one(full)], both],
  'a placeholder before it': [[{ report: { input: 10, output: 1 } }, ...one({ output: 5 })], both],
  'input first and output later': [[{ report: { input: 10 } }, ...one({ output: 5 })], both],
  'output first and input later': [[...one({ output: 5 }), { report: { input: 10 } }], both],
  'the input, and later the sum': [[{ report: { input: 10 } }, ...one({ total_tokens: 15 })], both],
  'in every event, all of it so far': [
    [
      { report: read },
      { text: said, report: { ...read, output: 2, total_tokens: 12 } },
      { text: saidMore, report: full },
    ],
    both,
  ],
  'in every event, and at the end': [
    [{ text: said, report: full }, { text: '', report: full }, { report: full }],
    both,
  ],
  'the same in every event: it counts none of them': [
    [said, saidMore].map((text) => ({ text, report: { input: 10, output: 1, total_tokens: 11 } })),
    { input: 10, output: 4 },
  ],
  'no output in every event': [[said, saidMore].map((text) => ({ text, report: read })), { input: 10, output: 4 }],
  'no output, before any was said': [[{ report: read }, said, saidMore], { input: 10, output: 4 }],
  'a report, and more is said': [[said, { report: { input: 10, output: 2 } }, saidMore], { input: 10, output: 4 }],
  'a report, more is said, and zeros': [
    [said, { report: { input: 10, output: 2 } }, saidMore, { report: none }],
    { input: 10, output: 4 },
  ],
  'a cache first, the input later': [
    [
      { report: { prompt_tokens_details: { cached_tokens: 8 }, input_tokens_details: { cached_tokens: 8 } } },
      ...one(full),
    ],
    { input: 10, cached: 8, output: 5 },
  ],
  'beside an error': [[said, { report: full, more: { error: { message: 'overloaded' } } }], both],
  'zeros beside an error': [[...one(full), { report: none, more: { error: { message: 'overloaded' } } }], both],
}

const streamed = (route: Spoken, steps: Step[]) =>
  steps.map((step) => {
    const { text, report, more = {} } = typeof step === 'string' ? { text: step, report: undefined } : step
    return event(shapes[route].event(text, report === undefined ? undefined : named(route, report), more))
  })

type Expected = Tried & { expected: Figures }
const calls: Record<string, Expected> = {}
for (const route of Object.keys(shapes) as Spoken[]) {
  for (const [what, [report, expected]] of Object.entries(single)) {
    const script = json(shapes[route].whole(said, named(route, report)))
    calls[`${route}: ${what}`] = { route, script, expected }
  }
  const streams = {
    ...sequences,
    ...Object.fromEntries(
      Object.entries(single).map(([what, [report, expected]]) => [what, [one(report), expected] as const]),
    ),
  }
  for (const [what, [steps, expected]] of Object.entries(streams)) {
    const text = streamed(route, [...steps]).join('') + event('[DONE]')
    const fields = { stream: true, ...(route !== 'responses.create' && { stream_options: { include_usage: true } }) }
    calls[`${route} as a stream: ${what}`] = {
      route,
      fields,
      script: ({ response }) => response.writeHead(200, EVENTS).end(text),
      expected,
    }
  }
}

describe('what model servers report of a call', () => {
  let seen: Record<string, Seen>
  before(async () => {
    seen = await tryAll(calls)
  })
  for (const [name, { expected }] of Object.entries(calls)) {
    test(name, () => {
      const { input, output, cached, requests, status } = seen[name] as Seen
      assert.deepEqual(
        { status, requests, input, cached, output },
        { status: 200, requests: 1, cached: 0, ...expected },
      )
    })
  }
})
