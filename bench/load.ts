import { connect, type Socket } from 'node:net'
import { isMainThread } from 'node:worker_threads'
import { median, quantile } from './statistics.ts'

/** One request, over and over, on so many connections for so long. */
export type Load = {
  url: string
  method: string
  headers: Record<string, string>
  /** `<fill>` in it stands for as many letters as `fill` says. */
  body?: string
  fill?: number
  connections: number
  /** 0: each connection asks once, all at the same time. */
  ms: number
  /** The status that is expected, 200 if not said; null: any. What was not expected must not be measured. */
  status?: number | null
  /** How fast each connection sends at most: what a client's network does to a large request. */
  bytesPerMs?: number
}

/** Milliseconds each: until the first byte of the reply's body, and until its last. */
export type Measured = {
  requests: number
  perSecond: number
  p50: number
  p99: number
  firstP50: number
  statuses: Record<string, number>
}

const HEAD_END = '\r\n\r\n'
const LAST_CHUNK = '0\r\n\r\n'

/** Reads one reply after the other, as far as it must to know where each ends. */
class Reply {
  status = 0
  firstAt = 0
  #head = ''
  #missing = 0
  #tail: string | null = null

  /** @returns whether the reply is complete */
  push(bytes: Buffer): boolean {
    if (this.status !== 0) return this.#body(bytes, 0)
    this.#head += bytes.toString('latin1')
    const end = this.#head.indexOf(HEAD_END)
    if (end < 0) return false
    const head = this.#head
    this.#head = ''
    this.status = Number(head.slice(9, 12))
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1]
    this.#missing = Number(length ?? 0)
    this.#tail = length === undefined ? '' : null
    // What of these bytes is body stands at their end, whatever of the head came before them.
    return this.#body(bytes, bytes.length - (head.length - end - HEAD_END.length))
  }

  reset(): void {
    this.status = 0
    this.firstAt = 0
  }

  #body(bytes: Buffer, from: number): boolean {
    const length = bytes.length - from
    if (length > 0 && this.firstAt === 0) this.firstAt = performance.now()
    if (this.#tail === null) {
      this.#missing -= length
      return this.#missing <= 0
    }
    this.#tail = (this.#tail + bytes.toString('latin1', Math.max(from, bytes.length - LAST_CHUNK.length))).slice(-5)
    return this.#tail === LAST_CHUNK
  }
}

/** Written on plain sockets, so that the generator costs the machine less than what it measures. */
export class Connections {
  readonly #sockets: readonly Socket[]

  private constructor(sockets: readonly Socket[]) {
    this.#sockets = sockets
  }

  static async open(url: string, count: number): Promise<Connections> {
    const { hostname, port } = new URL(url)
    return new Connections(await Promise.all(Array.from({ length: count }, () => open(hostname, Number(port)))))
  }

  /** Applies a load on all of them; they are kept, so that the next one finds a server as its clients keep it. */
  async apply(load: Load): Promise<Measured> {
    const request = requestOf(load)
    const seen: Seen = { times: [], firsts: [], statuses: {} }
    const begun = performance.now()
    await Promise.all(this.#sockets.map((socket) => askInTurn(socket, request, load, begun + load.ms, seen)))
    const seconds = (performance.now() - begun) / 1000
    const { times, firsts, statuses } = seen
    return {
      requests: times.length,
      perSecond: times.length / seconds,
      p50: median(times),
      p99: quantile(times, 0.99),
      firstP50: median(firsts),
      statuses,
    }
  }

  [Symbol.dispose](): void {
    for (const socket of this.#sockets) socket.destroy()
  }
}

type Seen = { times: number[]; firsts: number[]; statuses: Record<string, number> }

/** Asks again with each answer, until the end has come. */
function askInTurn(socket: Socket, request: Buffer, load: Load, end: number, seen: Seen): Promise<void> {
  const expected = load.status === undefined ? 200 : load.status
  return new Promise<void>((resolve, reject) => {
    const reply = new Reply()
    let sentAt = 0
    const ask = () => {
      sentAt = performance.now()
      if (load.bytesPerMs === undefined) socket.write(request)
      else void trickle(socket, request, load.bytesPerMs)
    }
    const closed = () => reject(new Error('the server closed the connection'))
    const read = (bytes: Buffer) => {
      if (!reply.push(bytes)) return
      const now = performance.now()
      const { status, firstAt } = reply
      if (expected !== null && status !== expected) {
        return reject(new Error(`status ${status}: ${bytes.toString('latin1')}`))
      }
      seen.times.push(now - sentAt)
      seen.firsts.push(firstAt - sentAt)
      seen.statuses[status] = (seen.statuses[status] ?? 0) + 1
      reply.reset()
      if (now < end) return ask()
      socket.off('error', reject).off('close', closed).off('data', read)
      resolve()
    }
    if (socket.destroyed) return closed()
    socket.on('error', reject).on('close', closed).on('data', read)
    ask()
  })
}

function requestOf(load: Load): Buffer {
  const { host, pathname, search } = new URL(load.url)
  const body = (load.body ?? '').replace('<fill>', () => 'A'.repeat(load.fill ?? 0))
  const headers = { host, ...load.headers, ...(body && { 'content-length': Buffer.byteLength(body) }) }
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`${load.method} ${pathname}${search} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
}

function open(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true })
    // Also when nobody asks: who asks next finds it closed.
    socket.on('error', reject).once('connect', () => resolve(socket))
  })
}

async function trickle(socket: Socket, bytes: Buffer, perMs: number): Promise<void> {
  const begun = performance.now()
  for (let sent = 0; sent < bytes.length && !socket.destroyed; ) {
    const due = Math.min(bytes.length, Math.ceil((performance.now() - begun + 1) * perMs))
    if (due > sent) socket.write(bytes.subarray(sent, due))
    sent = Math.max(sent, due)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}

if (isMainThread && process.argv[1] === import.meta.filename) {
  const load: Load = JSON.parse(process.argv[2] ?? '')
  using connections = await Connections.open(load.url, load.connections)
  process.stdout.write(`${JSON.stringify(await connections.apply(load))}\n`)
}
