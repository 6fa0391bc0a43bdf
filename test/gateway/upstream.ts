import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'
import { until } from '../support/until.ts'

export { until }

/** One call as the fake model server received it. */
export class Call {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** The body's parts as they arrived; `at` is on the clock of `performance.now`. */
  readonly chunks: { at: number; bytes: Buffer }[] = []
  /** The whole body, once it is there; rejected where the caller broke off. */
  readonly whole: Promise<Buffer>
  /** Whether the connection was cut before the answer was complete. */
  cancelled = false

  constructor(request: IncomingMessage, response: ServerResponse, read: boolean) {
    this.request = request
    this.response = response
    response.once('close', () => {
      this.cancelled = !response.writableFinished
    })
    this.whole = new Promise((resolve, reject) => {
      if (!read) return
      request.on('data', (bytes: Buffer) => this.chunks.push({ at: performance.now(), bytes }))
      request.once('end', () => resolve(this.body))
      request.once('close', () => request.complete || reject(new Error('the caller broke off')))
    })
    this.whole.catch(() => {})
  }

  get body(): Buffer {
    return Buffer.concat(this.chunks.map(({ bytes }) => bytes))
  }

  /** One header as it came over the wire; undefined where it did not. */
  header(name: string): string | undefined {
    const value = this.request.headers[name]
    return Array.isArray(value) ? value.join(', ') : value
  }
}

/** What the fake does with a call. It may take its time, answer in parts, or not answer at all. */
export type Script = (call: Call) => unknown

/** A model server whose every answer a test writes, and which remembers what it was asked. */
export type FakeUpstream = AsyncDisposable & {
  /** Without a path. */
  origin: string
  calls: Call[]
  /** What it lists as its models, which is no call; null: it has no such list, and is asked for any model. */
  models: readonly object[] | null
  /** From now on, this is the answer. `read: false` leaves the bodies of requests unread. */
  answer: (script: Script, options?: { read?: boolean }) => void
  /** The call of that number, as soon as it has come. */
  call: (index?: number) => Promise<Call>
}

export async function startUpstream(): Promise<FakeUpstream> {
  let script: Script = json({ object: 'fake' })
  let read = true
  const calls: Call[] = []
  const server = createServer((request, response) => {
    if (request.method === 'GET' && request.url?.endsWith('/models')) {
      const { models } = fake
      response.writeHead(models ? 200 : 404, { 'content-type': 'application/json' })
      response.end(JSON.stringify(models ? { object: 'list', data: models } : {}))
      return
    }
    const call = new Call(request, response, read)
    calls.push(call)
    Promise.resolve(call)
      .then(script)
      .catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const fake: FakeUpstream = {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    models: null,
    answer: (wanted, options = {}) => {
      script = wanted
      read = options.read ?? true
    },
    call: async (index = 0) => {
      await until(() => calls.length > index, `call ${index} at the upstream`)
      return calls[index] as Call
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return fake
}

/** Reads the whole request, then answers with this. */
export function json(body: unknown, status = 200, headers: Record<string, string | string[]> = {}): Script {
  return async (call) => {
    await call.whole
    const text = Buffer.from(JSON.stringify(body))
    call.response.writeHead(status, { 'content-type': 'application/json', 'content-length': text.length, ...headers })
    call.response.end(text)
  }
}

export const EVENTS = { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-cache' }
export const event = (data: unknown) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`

/** Something that speaks TCP and whatever it likes on it. */
export async function startRawUpstream(speak: (socket: Socket) => void): Promise<AsyncDisposable & { origin: string }> {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).once('close', () => sockets.delete(socket))
    socket.once('data', () => speak(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Waits until a number stops growing: it has not changed for as long as `quietMs`. */
export async function settled(read: () => number | Promise<number>, quietMs = 400): Promise<number> {
  let [value, since] = [await read(), performance.now()]
  await until(async () => {
    const now = await read()
    if (now !== value) [value, since] = [now, performance.now()]
    return performance.now() - since >= quietMs
  }, 'a number that stands still')
  return value
}
