import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tokens } from './answers.ts'
import { type ChatRequest, chatEvents, chatReply } from './chat.ts'
import { type MessagesRequest, messageCount, messageEvents, messageReply } from './messages.ts'
import { type ResponsesRequest, responseEvents, responseTo, Store } from './responses.ts'

/** One request as the server got it: what of it is the client's, and not the connection's. */
export type Received = { path: string; body: string }

/** A model server of the test. It answers alike whoever asks, so that what differs was changed on the way. */
export type ModelServer = AsyncDisposable & { url: string; received: Received[] }

/** The one key that it takes. */
export const SERVER_KEY = 'sk-model-server-0123456789'

const MODELS = ['gpt-4o-mini', 'claude-sonnet-4-5', 'text-embedding-3-small', 'gpt-image-1', 'tts-1', 'whisper-1']

export async function startModelServer(): Promise<ModelServer> {
  const received: Received[] = []
  const store = new Store()
  const server = createServer((request, response) => {
    answer(request, response, store, received).catch((error: Error) => refuse(response, 400, error.message))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    received,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, store: Store, received: Received[]) {
  const path = request.url ?? ''
  const bytes = Buffer.concat(await Array.fromAsync(request as AsyncIterable<Buffer>))
  const isMessage = path.startsWith('/v1/messages')
  const refused = isMessage ? refuseMessage : refuse
  // Older clients of the Anthropic API have the key in a header of its own.
  const key = (isMessage && request.headers['x-api-key']) || request.headers.authorization?.replace('Bearer ', '')
  if (key !== SERVER_KEY) return refused(response, 401, 'Incorrect API key')
  if (path === '/v1/models')
    return reply(response, {
      object: 'list',
      data: MODELS.map((id) => ({ id, object: 'model', created: 1, owned_by: 'x' })),
    })
  received.push({ path, body: bytes.toString('latin1') })
  if (path === '/v1/audio/transcriptions') return reply(response, { text: `A recording of ${bytes.length > 0}` })
  const body = JSON.parse(bytes.toString())
  if (body.model === 'gpt-image-1' && path !== '/v1/images/generations') return refuse(response, 400, 'draws only')
  // Clients of betas of the Anthropic API say `?beta=true`.
  switch (path.split('?')[0]) {
    case '/v1/chat/completions':
      return chat(response, body)
    case '/v1/messages':
      return message(response, body)
    case '/v1/messages/count_tokens':
      return reply(response, messageCount(body))
    case '/v1/responses':
      return respond(response, body, store)
    case '/v1/embeddings':
      return embed(response, body)
    case '/v1/images/generations':
      return reply(response, { created: 1, data: [{ b64_json: Buffer.from(body.prompt).toString('base64') }] })
    case '/v1/audio/speech':
      response.writeHead(200, { 'content-type': 'audio/mpeg' }).end(Buffer.from(`ID3${body.input}`))
      return
    default:
      return refused(response, 404, `no route ${path}`)
  }
}

function chat(response: ServerResponse, body: ChatRequest) {
  if (!body.stream) return reply(response, chatReply(body))
  const events = chatEvents(body).map((data) => `data: ${JSON.stringify(data)}\n\n`)
  stream(response, [...events, 'data: [DONE]\n\n'])
}

function message(response: ServerResponse, body: MessagesRequest) {
  if (!body.stream) return reply(response, messageReply(body))
  stream(
    response,
    messageEvents(body).map((data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`),
  )
}

function respond(response: ServerResponse, body: ResponsesRequest, store: Store) {
  const whole = responseTo(body, store)
  if (!body.stream) return reply(response, whole)
  stream(
    response,
    responseEvents(whole).map((data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`),
  )
}

function embed(response: ServerResponse, body: { input: string | string[]; model: string; encoding_format?: string }) {
  const texts = [body.input].flat()
  const data = texts.map((text, index) => {
    const vector = Float32Array.from([text.length, 0.5, -1])
    const embedding = body.encoding_format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector]
    return { object: 'embedding', index, embedding }
  })
  const count = texts.reduce((sum, text) => sum + tokens(text), 0)
  reply(response, {
    object: 'list',
    data,
    model: body.model,
    usage: { prompt_tokens: count, total_tokens: count },
  })
}

const reply = (response: ServerResponse, body: object) =>
  void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))

function stream(response: ServerResponse, events: readonly string[]) {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const event of events) response.write(event)
  response.end()
}

function refuse(response: ServerResponse, status: number, message: string) {
  const error = { message, type: 'invalid_request_error', param: null, code: null }
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ error }))
}

/** The same in the shape of the Anthropic API. */
function refuseMessage(response: ServerResponse, status: number, message: string) {
  const error = { type: status === 401 ? 'authentication_error' : 'not_found_error', message }
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify({ type: 'error', error }))
}
