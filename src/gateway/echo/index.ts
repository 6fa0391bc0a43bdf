import type { ServerResponse } from 'node:http'
import { ApiError, malformedJson } from '../../contract/error.ts'
import type { NewId } from '../../core/id.ts'
import { modelId } from '../routes.ts'
import { type ForwardedCall, limitedBody, type Upstream } from '../upstream.ts'
import { chat, completion } from './chat.ts'
import { embeddings } from './embeddings.ts'
import { responses } from './responses.ts'
import { type Fields, MODEL, required } from './text.ts'

const model = {
  id: MODEL,
  object: 'model',
  created: 1_760_000_000,
  owned_by: 'gatehouse',
  description:
    'Built in for trying things out: it answers with your own words. Set GATEHOUSE_UPSTREAM_URL to use a real model.',
}

type Answer = { body: unknown } | { events: string[] }

/**
 * The built-in model server of a Gatehouse without an upstream: one deterministic model that echoes what it is told, with
 * usage, so that a newcomer can finish the whole loop.
 */
export function echoUpstream(newId: NewId, now: () => number): Upstream {
  return {
    async forward(call) {
      const { response } = call
      const answer = await answerTo(call, newId('request').slice('req_'.length), Math.floor(now() / 1000))
      if ('events' in answer) await stream(response, answer.events)
      else send(response, answer.body)
      return {
        status: response.statusCode,
        end: response.destroyed && !response.writableFinished ? 'client_gone' : 'complete',
      }
    },
    models: async () => [MODEL],
    close: async () => {},
  }
}

async function answerTo(call: ForwardedCall, id: string, created: number): Promise<Answer> {
  const { route, request } = call
  if (route.name === 'models.list') return { body: { object: 'list', data: [model] } }
  if (route.name === 'models.retrieve') {
    known(modelId((request.url ?? '').split('?', 1)[0] ?? ''))
    return { body: model }
  }
  const fields = await read(call)
  known(required(fields, 'model'))
  switch (route.name) {
    case 'chat.completions.create':
      return chat(fields, id, created)
    case 'completions.create':
      return completion(fields, id, created)
    case 'responses.create':
      return responses(fields, id, created)
    default:
      return embeddings(fields)
  }
}

function known(id: unknown) {
  if (id === MODEL) return
  if (typeof id !== 'string')
    throw new ApiError('invalid_type', "Invalid type for 'model': expected a string.", { param: 'model' })
  throw new ApiError(
    'model_not_found',
    `The model \`${id.slice(0, 200)}\` does not exist or you do not have access to it.`,
  )
}

async function read({ request }: ForwardedCall): Promise<Fields> {
  const text = Buffer.concat(await Array.fromAsync(limitedBody(request))).toString('utf8')
  if (text === '') return {}
  try {
    const parsed: unknown = JSON.parse(text)
    if (parsed !== null && typeof parsed === 'object' && !Array.isArray(parsed)) return parsed as Fields
  } catch {
    // Answered below, like JSON that is no object.
  }
  throw malformedJson()
}

function send(response: ServerResponse, body: unknown) {
  const text = JSON.stringify(body)
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  response.end(text)
}

/** One event at a time, so that a client sees a stream and not a block. */
async function stream(response: ServerResponse, events: string[]) {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' })
  for (const event of events) {
    if (response.destroyed) return
    if (!response.write(event)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve))
    await new Promise(setImmediate)
  }
  response.end()
}
