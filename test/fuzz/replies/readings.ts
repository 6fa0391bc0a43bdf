import { request } from 'node:http'
import { Duplex } from 'node:stream'
import { readOfReply } from '../../../src/gateway/upstreams/headers.ts'
import type { ReplyHead } from '../../../src/gateway/upstreams/http1/reply-head.ts'
import { ReplyParser } from '../../../src/gateway/upstreams/http1/reply-parser.ts'

/** A reply as somebody reads it. */
export type Reading = {
  /** Of the interim answers, and last of the reply itself. */
  statuses: number[]
  /** Of the reply, those that are read: names in lower case and values in turn, sorted. */
  headers: string[]
  /** A character for each byte. */
  body: string
}

/** How ours ends: a reading and how many bytes are its own, or why there is none. */
export type OwnReading = { reading: Reading; bytes: number } | { refused: string }

/** @param cuts how long each piece is that comes at once */
export function ownReading(reply: Buffer, isBodiless: boolean, cuts: () => number): OwnReading {
  const statuses: number[] = []
  let last: ReplyHead | null = null
  let body = ''
  let ended = false
  const parser = new ReplyParser({
    head(head) {
      statuses.push(head.status)
      last = head
    },
    data(bytes) {
      body += bytes.toString('latin1')
    },
    end() {
      ended = true
    },
  })
  parser.begin(isBodiless)
  let at = 0
  try {
    for (let length = 0; at < reply.length && !ended; at += length) {
      length = Math.min(cuts(), reply.length - at)
      // A copy: what was read may be written to.
      parser.push(Buffer.from(reply.subarray(at, at + length)))
    }
    if (!ended && !parser.closed()) return { refused: 'it was not whole' }
  } catch (error) {
    return { refused: (error as Error).message }
  }
  const { headers } = last as unknown as ReplyHead
  return { reading: { statuses, headers: flat(headers), body }, bytes: at }
}

const flat = (headers: ReplyHead['headers']) =>
  Object.entries(headers)
    .flatMap(([name, values]) => [values ?? []].flat().map((value) => `${name}: ${value}`))
    .sort()

/** A connection whose other side says this as soon as it is asked, and no more. */
class Said extends Duplex {
  #said: Buffer | null

  constructor(said: Buffer) {
    super()
    this.#said = said
  }

  override _read(): void {}

  override _write(_chunk: unknown, _encoding: unknown, done: () => void): void {
    if (this.#said !== null) {
      this.push(this.#said)
      this.push(null)
      this.#said = null
    }
    done()
  }
}

/** How Node's own client reads a reply; null: not, or not to its end. */
export function nodeReading(reply: Buffer, isBodiless: boolean): Promise<Reading | null> {
  return new Promise((resolve) => {
    const statuses: number[] = []
    const asked = request({ method: isBodiless ? 'HEAD' : 'GET', createConnection: () => new Said(reply) })
    asked
      .on('information', ({ statusCode }) => statuses.push(statusCode))
      .on('error', () => resolve(null))
      .on('upgrade', () => resolve(null))
      .on('response', (response) => {
        let body = ''
        const { statusCode = 0, rawHeaders } = response
        const headers: string[] = []
        for (let i = 0; i < rawHeaders.length; i += 2) {
          const name = rawHeaders[i]?.toLowerCase() ?? ''
          if (readOfReply.has(name)) headers.push(`${name}: ${rawHeaders[i + 1]}`)
        }
        response
          .setEncoding('latin1')
          .on('data', (text) => {
            body += text
          })
          .on('error', () => resolve(null))
          .on('close', () => {
            const reading = { statuses: [...statuses, statusCode], headers: headers.sort(), body }
            resolve(response.complete ? reading : null)
          })
      })
      .end()
  })
}
