import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { until } from './upstream.ts'

/** One reply as it came over the wire; header names in lower case. */
export type WireReply = { status: number; headers: Record<string, string>; body: Buffer }

/** A connection on which a test says what it likes, byte for byte. */
export class Wire implements Disposable {
  readonly socket: Socket
  #received: Buffer = Buffer.alloc(0)
  /** Whether the other side has said that nothing more will come, in order or not. */
  ended = false

  private constructor(socket: Socket) {
    this.socket = socket
    socket.on('data', (bytes: Buffer) => {
      this.#received = Buffer.concat([this.#received, bytes])
    })
    socket.on('error', () => {})
    const over = () => {
      this.ended = true
    }
    socket.once('end', over).once('close', over)
  }

  static async open(url: string): Promise<Wire> {
    const { hostname, port } = new URL(url)
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
    await once(socket, 'connect')
    return new Wire(socket)
  }

  /** Sends these bytes; resolves once the system has taken them all, fails where the other side reads no further. */
  async send(bytes: string | Buffer): Promise<void> {
    let taken = false
    this.socket.write(bytes, () => {
      taken = true
    })
    await until(() => taken, 'a server that goes on reading')
  }

  /** The next complete reply. @param method of the request it answers: a reply to HEAD has no body */
  async reply(method = 'GET'): Promise<WireReply> {
    let reply: WireReply | null = null
    await until(
      () => {
        reply = this.#take(method)
        return reply !== null || this.ended
      },
      `a reply; received so far: ${this.#received.subarray(0, 300).toString('latin1')}`,
    )
    reply ??= this.#take(method)
    if (reply === null) throw new Error(`no whole reply, but: ${this.#received.subarray(0, 300).toString('latin1')}`)
    return reply
  }

  /** Bytes that belong to no reply taken so far. */
  get rest(): string {
    return this.#received.toString('latin1')
  }

  #take(method: string): WireReply | null {
    const gap = this.#received.indexOf('\r\n\r\n')
    if (gap < 0) return null
    const [first = '', ...lines] = this.#received.subarray(0, gap).toString('latin1').split('\r\n')
    const [, status = '0'] = /^HTTP\/1\.[01] (\d{3}) /.exec(first) ?? []
    const headers = Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    )
    const bodiless = method === 'HEAD' || Number(status) < 200 || status === '204' || status === '304'
    const found = bodiless ? { body: Buffer.alloc(0), end: gap + 4 } : this.#body(headers, gap + 4)
    if (found === null) return null
    this.#received = this.#received.subarray(found.end)
    return { status: Number(status), headers, body: found.body }
  }

  #body(headers: Record<string, string>, start: number): { body: Buffer; end: number } | null {
    const all = this.#received
    if (headers['transfer-encoding'] === 'chunked') return dechunk(all, start)
    const length = headers['content-length']
    const end = length === undefined ? (this.ended ? all.length : Number.POSITIVE_INFINITY) : start + Number(length)
    return all.length < end ? null : { body: all.subarray(start, end), end }
  }

  [Symbol.dispose]() {
    this.socket.destroy()
  }
}

function dechunk(all: Buffer, start: number): { body: Buffer; end: number } | null {
  const parts: Buffer[] = []
  for (let at = start; ; ) {
    const line = all.indexOf('\r\n', at)
    if (line < 0) return null
    const size = Number.parseInt(all.subarray(at, line).toString('latin1'), 16)
    if (all.length < line + 2 + size + 2) return null
    parts.push(all.subarray(line + 2, line + 2 + size))
    at = line + 2 + size + 2
    if (size === 0) return { body: Buffer.concat(parts), end: at }
  }
}

/** That a reply is this failure in the one envelope: all four keys, our request id, and no server error. */
export function isRefusal(reply: WireReply, status: number, sentence?: RegExp) {
  const text = reply.body.toString()
  assert.equal(reply.status, status, text)
  const { error } = JSON.parse(text)
  assert.deepEqual(Object.keys(error).sort(), ['code', 'message', 'param', 'type'])
  assert.equal(typeof error.message, 'string')
  assert.match(reply.headers['x-request-id'] ?? '', /^req_[0-9a-z]{24}$/)
  assert.match(reply.headers['content-type'] ?? '', /^application\/json/)
  if (sentence) assert.match(error.message, sentence)
  return error
}
