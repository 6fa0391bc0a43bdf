import { buffer } from 'node:stream/consumers'
import { ApiError, malformedJson } from '../../contract/error.ts'
import type { NewId } from '../../core/id.ts'
import type { Fields } from '../body/fields.ts'
import type { Outcome } from '../call.ts'
import type { Forwarding, Upstream, Witness } from '../upstreams/forwarding.ts'
import { chat, completion } from './chat.ts'
import { embeddings } from './embeddings.ts'
import { responses } from './responses.ts'
import { MODEL, required } from './text.ts'

const model = {
  id: MODEL,
  created: 1_760_000_000,
  owned_by: 'gatehouse',
  description:
    'Built in for trying things out: it answers with your own words. Set GATEHOUSE_UPSTREAM_URL to use a real model.',
}

type Answer = { body: unknown } | { events: string[] }
type Answerer = (fields: Fields, model: string, id: string, created: number) => Answer

const answerers: Record<string, Answerer> = {
  '/chat/completions': chat,
  '/completions': completion,
  '/responses': responses,
  '/embeddings': embeddings,
}

/**
 * The built-in model server of a Gatehouse without an upstream: it echoes what it is told, with usage, so that a newcomer can
 * finish the whole loop. It answers to the name of any model that reaches it, so that prices and limits of a configuration can
 * be tried out too; which models there are is the catalogue's to say.
 */
export function echoUpstream(newId: NewId, now: () => number): Upstream {
  return {
    weight: 1,
    async attempt(call, witness) {
      const answer = await answerTo(call, newId('request').slice('req_'.length), Math.floor(now() / 1000))
      return 'events' in answer ? stream(call, witness, answer.events) : send(call, witness, answer.body)
    },
    models: async () => [model],
    close: async () => {},
  }
}

async function answerTo(call: Forwarding, id: string, created: number): Promise<Answer> {
  const path = call.upstreamPath.split('?', 1)[0] ?? ''
  const answerer = call.method === 'POST' && Object.hasOwn(answerers, path) ? answerers[path] : undefined
  if (!answerer) {
    const message = `The built-in model '${MODEL}' does not answer ${call.method} /v1${path}. Set GATEHOUSE_UPSTREAM_URL to use a real model.`
    throw new ApiError('not_offered', message)
  }
  const fields = await read(call)
  const name = required(fields, 'model')
  if (typeof name === 'string') return answerer(fields, name, id, created)
  throw new ApiError('invalid_type', "Invalid type for 'model': expected a string.", { param: 'model' })
}

async function read({ body }: Forwarding): Promise<Fields> {
  const sent = body(true)
  const bytes = typeof sent === 'function' ? await buffer(sent().stream) : sent
  if (bytes === null || bytes.length === 0) return {}
  try {
    const parsed: unknown = JSON.parse(bytes.toString('utf8'))
    if (parsed !== null && typeof parsed === 'object' && !Array.isArray(parsed)) return parsed as Fields
  } catch {
    // Answered below, like JSON that is no object.
  }
  throw malformedJson()
}

async function send({ response, begin }: Forwarding, { name }: Witness, body: unknown): Promise<Outcome> {
  const bytes = Buffer.from(JSON.stringify(body))
  const head = { 'content-type': 'application/json', 'content-length': String(bytes.length) }
  const { headers, observer } = begin(200, head, name, null)
  response.writeHead(200, { ...head, ...headers })
  const seen = observer ? [observer.chunk(bytes), observer.end()] : [bytes]
  response.end(Buffer.concat(seen.filter((part) => part !== null)))
  return { status: 200, end: 'complete' }
}

/** One event at a time, so that a client sees a stream and not a block. */
async function stream({ response, begin }: Forwarding, { name }: Witness, events: string[]): Promise<Outcome> {
  const head = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }
  const { headers, observer } = begin(200, head, name, null)
  response.writeHead(200, { ...head, ...headers })
  for (const event of events) {
    if (response.destroyed) return { status: 200, end: 'client_gone' }
    const bytes = Buffer.from(event)
    const seen = observer ? observer.chunk(bytes) : bytes
    if (seen !== null && !response.write(seen)) await roomIn(response)
    await new Promise(setImmediate)
  }
  const last = observer?.end() ?? null
  response.end(last ?? undefined)
  return { status: 200, end: response.destroyed ? 'client_gone' : 'complete' }
}

/** Resolves when the client has read what was sent, or has left; the listener cuts one that does not read. */
function roomIn(response: Forwarding['response']): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })
}
