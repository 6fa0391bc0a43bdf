import { UPSTREAM_KEY } from './gate.ts'
import { EVENTS, event, json, type Script } from './upstream.ts'

/** How a model server fails, what its client sees of it, and whether it is metered. */
export type Failing = {
  script: Script
  /** Asked for as a stream. */
  stream?: true
  /** What the client sees: a status and a code, or how a reply of status 200 ends. */
  seen: [number, string] | 'complete' | 'broken'
  metered: 0 | 1
  /** Whether it may say what the model server said. */
  passes?: true
  says?: RegExp
}

export const choice = (content: string) => ({ choices: [{ index: 0, delta: { content }, message: { content } }] })
export const raw =
  (text: string): Script =>
  async ({ whole, request }) => {
    await whole
    request.socket.end(Buffer.from(text, 'latin1'))
  }
const theirs = {
  'openai-organization': 'org-theirs',
  'openai-project': 'proj_theirs',
  'x-ratelimit-limit-tokens': '7',
  'x-request-id': 'req_theirs',
  'set-cookie': 'theirs=1',
  'retry-after': '86400',
}
const refusing = (status: number): Script =>
  json({ error: { message: 'Incorrect API key provided: sk-theirs', code: 'theirs' } }, status, theirs)
export const unreachable: [number, string] = [502, 'upstream_unreachable']
const credentials: [number, string] = [502, 'upstream_refused_credentials']
export const HTTP = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n'
export const answer = JSON.stringify({ ...choice('an answer'), usage: { prompt_tokens: 2, completion_tokens: 3 } })

export const cases: Record<string, Failing> = {
  'hangs up before its head': { script: ({ response }) => response.destroy(), seen: unreachable, metered: 0 },
  'hangs up when it has read the request': {
    script: async ({ whole, response }) => {
      await whole
      response.destroy()
    },
    seen: unreachable,
    metered: 0,
  },
  'resets the connection': {
    script: ({ request }) => request.socket.resetAndDestroy(),
    seen: unreachable,
    metered: 0,
  },
  'hangs up in the middle of its head': { script: raw('HTTP/1.1 200 OK\r\ncont'), seen: unreachable, metered: 0 },
  'speaks another protocol': { script: raw('SSH-2.0-theirs\r\n'), seen: unreachable, metered: 0 },
  'has headers without end': {
    script: raw(`${HTTP}${'x-theirs: 0123456789\r\n'.repeat(20_000)}`),
    seen: unreachable,
    metered: 0,
  },
  'has two lengths': {
    script: raw(`${HTTP}content-length: 2\r\ncontent-length: 3\r\n\r\n{} `),
    seen: unreachable,
    metered: 0,
  },
  'has a length below nothing': { script: raw(`${HTTP}content-length: -1\r\n\r\n{}`), seen: unreachable, metered: 0 },
  'refuses our key with 401': { script: refusing(401), seen: credentials, metered: 0 },
  'asks us for money with 402': { script: refusing(402), seen: credentials, metered: 0 },
  'refuses our key with 403': { script: refusing(403), seen: credentials, metered: 0 },
  'wants us to know a proxy with 407': { script: refusing(407), seen: credentials, metered: 0 },
  'limits our account': { script: refusing(429), seen: [503, 'upstream_rate_limited'], metered: 0 },
  'sends the client elsewhere': {
    script: json({}, 307, { ...theirs, location: 'http://127.0.0.1/theirs' }),
    seen: [502, 'upstream_invalid_reply'],
    metered: 0,
  },
  'answers in a coding that nobody knows': {
    script: json({}, 200, { 'content-encoding': 'theirs' }),
    seen: [502, 'upstream_invalid_reply'],
    metered: 0,
  },
  'answers with a status below all': {
    script: raw('HTTP/1.1 099 So\r\ncontent-length: 2\r\n\r\n{}'),
    seen: [502, 'upstream_invalid_reply'],
    metered: 0,
  },
  'answers with a status beyond all': {
    script: json({}, 600, theirs),
    seen: [502, 'upstream_invalid_reply'],
    metered: 0,
  },
  'changes to another protocol': {
    script: raw('HTTP/1.1 101 Switching Protocols\r\nupgrade: theirs\r\nconnection: upgrade\r\n\r\n{}'),
    seen: [502, 'upstream_invalid_reply'],
    metered: 0,
  },
  'goes on saying that it will answer': {
    script: raw('HTTP/1.1 102 Processing\r\n\r\n'.repeat(500)),
    seen: [502, 'upstream_invalid_reply'],
    metered: 0,
  },
  'quotes our key in an answer': {
    script: json({
      ...choice('an answer'),
      quoted: `Bearer ${UPSTREAM_KEY}`,
      usage: { prompt_tokens: 2, completion_tokens: 3 },
    }),
    seen: 'complete',
    metered: 1,
    says: /"Bearer \*{22}"/,
  },
  'quotes our key in an error': {
    script: json({ error: { message: `not ${UPSTREAM_KEY}`, code: 'bad_key' } }, 400),
    seen: [400, 'bad_key'],
    metered: 0,
    says: /not \*{22}/,
  },
  'quotes our key in a stream': {
    stream: true,
    script: async ({ whole, response }) => {
      await whole
      response.writeHead(200, EVENTS)
      for (const letter of event(choice(UPSTREAM_KEY))) response.write(letter)
      response.end()
    },
    seen: 'complete',
    metered: 1,
    says: /\*{22}/,
  },
  'fails with 500': {
    script: json({ error: { message: 'out of memory', code: 'oom' } }, 500, theirs),
    seen: [500, 'oom'],
    metered: 0,
  },
  'refuses the request with 400': {
    script: json({ error: { message: 'too long', code: 'long' } }, 400, theirs),
    seen: [400, 'long'],
    metered: 0,
  },
  'dies in the middle of a stream': {
    stream: true,
    script: async ({ whole, response }) => {
      await whole
      response.writeHead(200, EVENTS)
      response.write(event(choice('half an answer')), () => response.destroy())
    },
    seen: 'broken',
    metered: 1,
    says: /half an answer/,
  },
  'dies in the middle of an event': {
    stream: true,
    script: async ({ whole, response }) => {
      await whole
      response.writeHead(200, EVENTS)
      response.write(`${event(choice('one'))}data: {"choices":[{"delta":{"con`, () => response.destroy())
    },
    seen: 'broken',
    metered: 1,
    says: /one/,
  },
  'dies before the first event': {
    stream: true,
    script: async ({ whole, response }) => {
      await whole
      response.writeHead(200, EVENTS)
      response.write(': hello\n\n', () => response.destroy())
    },
    seen: 'broken',
    metered: 0,
  },
  'ends a stream without a last word': {
    stream: true,
    script: async ({ whole, response }) => {
      await whole
      response.writeHead(200, EVENTS).end(event(choice('all of it')))
    },
    seen: 'complete',
    metered: 1,
    says: /all of it/,
  },
  'says an error in the middle of a stream': {
    stream: true,
    script: async ({ whole, response }) => {
      await whole
      response.writeHead(200, EVENTS)
      response.end(event(choice('half')) + event({ error: { message: 'overloaded' } }))
    },
    seen: 'complete',
    metered: 1,
    says: /overloaded/,
  },
  'says an error instead of a stream': {
    stream: true,
    script: async ({ whole, response }) => {
      await whole
      response.writeHead(200, EVENTS).end(event({ error: { message: 'overloaded' } }) + event('[DONE]'))
    },
    seen: 'complete',
    metered: 0,
    says: /overloaded/,
  },
  'says an error as if it were an answer': {
    script: json({ error: { message: 'overloaded' }, choices: null }),
    seen: 'complete',
    metered: 0,
    says: /overloaded/,
  },
  'answers a stream with one JSON object': {
    stream: true,
    script: json(JSON.parse(answer)),
    seen: 'complete',
    metered: 1,
  },
  'streams what is no event': {
    stream: true,
    script: async ({ whole, response }) => {
      await whole
      response
        .writeHead(200, EVENTS)
        .end('\0\xff{{{]]data: [1,2\n\n\r\r\ndata: {"usage":{"completion_tokens":"many"}}\n\n')
    },
    seen: 'complete',
    metered: 1,
  },
  'dies in the middle of a JSON object': {
    script: raw(`${HTTP}content-length: ${answer.length}\r\n\r\n${answer.slice(0, -20)}`),
    seen: 'broken',
    metered: 1,
  },
  'dies in the middle of a chunk': {
    script: raw(`${HTTP}transfer-encoding: chunked\r\n\r\nff\r\n${answer.slice(0, 20)}`),
    seen: 'broken',
    metered: 1,
  },
  'sends less than it announced': {
    script: raw(`${HTTP}content-length: 100000\r\n\r\n${answer}`),
    seen: 'broken',
    metered: 1,
  },
  'sends more than it announced': {
    script: raw(`${HTTP}content-length: ${answer.length}\r\n\r\n${answer}theirs of another request`),
    seen: 'complete',
    metered: 1,
    says: /an answer/,
  },
  'answers twice': {
    script: raw(`${HTTP}content-length: ${answer.length}\r\n\r\n${answer}${HTTP}content-length: 8\r\n\r\n"theirs"`),
    seen: 'complete',
    metered: 1,
    says: /an answer/,
  },
  'answers with something else than JSON': {
    script: raw('HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 6\r\n\r\n<html>'),
    seen: 'complete',
    metered: 0,
  },
  'answers with nothing': { script: raw(`${HTTP}content-length: 0\r\n\r\n`), seen: 'complete', metered: 0 },
  'says that it is compressed and is not': {
    script: json({}, 200, { 'content-encoding': 'gzip' }),
    seen: 'broken',
    metered: 0,
  },
  'reports what cannot be': {
    script: json({ usage: { prompt_tokens: -5, completion_tokens: 'many', total_tokens: null } }),
    seen: 'complete',
    metered: 1,
  },
  'reports more cached input than there was': {
    script: json({ usage: { prompt_tokens: 5, completion_tokens: 1, prompt_tokens_details: { cached_tokens: 900 } } }),
    seen: 'complete',
    metered: 1,
  },
}
