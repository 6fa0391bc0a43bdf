import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { ApiError } from '../../../src/contract/error.ts'
import type { Outcome } from '../../../src/gateway/call.ts'
import type { Forwarding, ReplyObserver, Upstream } from '../../../src/gateway/upstreams/forwarding.ts'
import { httpUpstream } from '../../../src/gateway/upstreams/http.ts'
import { Upstreams, type UpstreamsOptions } from '../../../src/gateway/upstreams/upstreams.ts'

export type Seen = { status: number; headers: IncomingHttpHeaders; upstream: string }

/** The upstreams behind a listener that lets everybody in: what a call sees of them, without keys and limits. */
export type Door = AsyncDisposable & {
  url: string
  upstreams: Upstreams
  /** How each call ended, in the order of their ends. */
  ends: (Outcome | Error)[]
  /** The replies that were passed on. */
  begun: Seen[]
  /** What the watch was told: `failed main unreachable`, `down main`, `up main`. */
  told: string[]
  post: (body?: unknown, headers?: Record<string, string>) => Promise<Response>
}

export type DoorOptions = Pick<UpstreamsOptions, 'clock' | 'random'> & {
  /** The extra headers and the observer of every reply. */
  headers?: Record<string, string>
  observer?: () => ReplyObserver
  body?: (bytes: Buffer) => ReturnType<Forwarding['body']>
  /** Which upstreams serve a call; all, unless said. */
  serving?: string[]
}

export async function openDoor(members: Record<string, string | Upstream>, options: DoorOptions = {}): Promise<Door> {
  const told: string[] = []
  const { clock, random, serving = Object.keys(members) } = options
  const upstreams = new Upstreams(
    new Map(
      Object.entries(members).map(([name, one]) => [
        name,
        typeof one === 'string' ? httpUpstream({ url: `${one}/v1`, key: null }) : one,
      ]),
    ),
    {
      watch: {
        failed: (upstream, reason) => told.push(`failed ${upstream} ${reason}`),
        down: (upstream) => told.push(`down ${upstream}`),
        up: (upstream) => told.push(`up ${upstream}`),
        usageUnknown: (upstream) => told.push(`usage unknown ${upstream}`),
      },
      ...(clock && { clock }),
      ...(random && { random }),
    },
  )
  const ends: Door['ends'] = []
  const begun: Seen[] = []
  const server = createServer(async (request, response) => {
    try {
      const bytes = await buffer(request)
      const outcome = await upstreams.forward({
        method: request.method ?? '',
        upstreamPath: (request.url ?? '').slice('/v1'.length),
        servedAt: 'base',
        headers: request.headers,
        body: () => (options.body ? options.body(bytes) : bytes.length > 0 ? bytes : null),
        usageOf: null,
        besideOptions: false,
        holdsMissing: false,
        upstreams: serving,
        request,
        response,
        begin(status, headers, upstream) {
          begun.push({ status, headers, upstream })
          return { headers: options.headers ?? {}, observer: options.observer?.() ?? null }
        },
      })
      ends.push(outcome)
    } catch (error) {
      ends.push(error as Error)
      if (response.headersSent || !(error instanceof ApiError)) return void response.destroy()
      response.writeHead(error.status, error.headers).end(JSON.stringify(error.envelope))
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    upstreams,
    ends,
    begun,
    told,
    post: (body = { model: 'm1' }, headers = {}) =>
      fetch(`${url}/v1/chat/completions`, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        headers: { 'content-type': 'application/json', ...headers },
      }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await upstreams.close()
    },
  }
}
