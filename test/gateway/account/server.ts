import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Content } from './content.ts'
import { invalid, Refusal } from './errors.ts'
import { type Form, readForm } from './form.ts'
import { Gates } from './gates.ts'

// biome-ignore lint/suspicious/noExplicitAny: what callers send is anything
export type Body = Record<string, any>

/** One request as a route sees it. */
export type Asked = {
  /** What stands in the path for `{id}`, in turn. */
  ids: readonly string[]
  query: URLSearchParams
  type: string
  response: ServerResponse
  /** The body as an object; an empty one where nothing was sent. */
  json: () => Promise<Body>
  form: () => Promise<Form>
}

export const EVENTS = { 'content-type': 'text/event-stream; charset=utf-8' }

/** Answers 200 with what it gives; nothing, and it has answered by itself. @throws Refusal */
export type Handler = (asked: Asked) => unknown
/** By method and path, such as `GET /v1/files/{id}`. */
export type Routes = Record<string, Handler>

/** A request as it came; `bytes` is what of its body was read so far. */
export type Logged = {
  method: string
  path: string
  query: string
  headers: IncomingHttpHeaders
  bytes: number
  /** What it was answered; null: nothing yet, or it was cut. */
  status: number | null
  /** Whether it is over, answered or cut. */
  ended: boolean
}

/** A server on loopback for whoever has the key. */
export async function startServer(routes: Routes, key: string, keptBytes: number) {
  const requests: Logged[] = []
  const gates = new Gates()
  const table = Object.entries(routes).map(([route, handler]) => ({ pattern: patternOf(route), handler }))

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname: path, searchParams: query, search } = new URL(`http://account${request.url}`)
    const { method = '', headers } = request
    const logged: Logged = { method, path, query: search, headers, bytes: 0, status: null, ended: false }
    requests.push(logged)
    response.once('finish', () => {
      logged.status = response.statusCode
    })
    response.once('close', () => {
      logged.ended = true
    })
    const called = `${method} ${path}`
    await gates.pass(called, 'begin')
    if (headers.authorization !== `Bearer ${key}`) throw wrongKey(headers.authorization)
    const [found] = table.flatMap(({ pattern, handler }) => {
      const match = pattern.exec(called)
      return match ? [{ handler, ids: match.slice(1).map(decodeURIComponent) }] : []
    })
    if (!found) throw new Refusal(404, `Invalid URL (${called})`)
    const body = read(request, logged)
    const type = headers['content-type'] ?? ''
    const { handler, ids } = found
    let isRead = false
    const json = () => {
      isRead = true
      return readJson(body)
    }
    const form = () => readForm(type, body, keptBytes)
    const reply = await Promise.try(handler, { ids, query, type, response, json, form }).catch((error: unknown) => {
      throw isRead ? asRefusal(error) : error
    })
    await gates.pass(called, 'answer')
    if (reply !== undefined) send(response, 200, reply)
    request.resume()
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => {
      if (!(error instanceof Refusal) || response.headersSent || error.status === 0) return void response.destroy()
      send(response, error.status, { error: error.error })
      request.resume()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    gates,
    async [Symbol.asyncDispose]() {
      gates.open()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/**
 * A route reads a body without asking of what type each field is: of a value that it can do nothing with it says what the original says of a
 * wrong type.
 */
function asRefusal(error: unknown): unknown {
  return error instanceof TypeError || error instanceof RangeError
    ? invalid('Invalid type.', null, 'invalid_type')
    : error
}

function patternOf(route: string): RegExp {
  const escaped = route.replace(/[.]/g, '\\$&').replaceAll('{id}', '([^/]+)')
  return new RegExp(`^${escaped}$`)
}

async function* read(request: IncomingMessage, logged: Logged): AsyncGenerator<Buffer> {
  for await (const chunk of request as AsyncIterable<Buffer>) {
    logged.bytes += chunk.length
    yield chunk
  }
}

async function readJson(body: AsyncIterable<Buffer>): Promise<Body> {
  const text = Buffer.concat(await Array.fromAsync(body)).toString()
  try {
    return text === '' ? {} : JSON.parse(text)
  } catch {
    throw invalid('We could not parse the JSON body of your request.')
  }
}

function send(response: ServerResponse, status: number, reply: unknown): void {
  const bytes = Buffer.from(JSON.stringify(reply))
  response.writeHead(status, { 'content-type': 'application/json', 'content-length': bytes.length }).end(bytes)
}

/** Answers with a content, as fast as the caller reads. */
export async function sendContent({ response }: Asked, content: Content, filename: string): Promise<void> {
  response.writeHead(200, {
    'content-type': 'application/octet-stream',
    'content-length': content.bytes,
    'content-disposition': `attachment; filename="${encodeURIComponent(filename)}"`,
  })
  await pipeline(Readable.from(content.chunks()), response)
}

function wrongKey(authorization = ''): Refusal {
  const key = authorization.replace(/^Bearer /, '')
  return new Refusal(401, `Incorrect API key provided: ${key}.`, null, 'invalid_api_key')
}
