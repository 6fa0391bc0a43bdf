import type { IncomingHttpHeaders } from 'node:http'
import { readOfReply } from '../headers.ts'
import { ReplyFlaw } from './flaw.ts'
import { LINE_END, TOKEN, trimmed, VALUE } from './header-lines.ts'

/** How a reply's body ends: there is none, it has so many bytes, its chunks say so, or the connection ends with it. */
export type Framing = 'none' | 'length' | 'chunked' | 'until_close'

/** A reply's head, as far as anybody here asks for it. */
export type ReplyHead = {
  status: number
  /** Those that are looked at or passed on; names in lower case. */
  headers: IncomingHttpHeaders
  framing: Framing
  /** Bytes of the body, where its framing is its length. */
  length: number
  /** Whether the connection can carry another call. */
  keeps: boolean
  /** Milliseconds for which the server says that it keeps an idle connection; null where it does not say. */
  keepsMs: number | null
}

const HEAD = new RegExp(`^HTTP/1\\.[01] \\d{3}(?: ${VALUE})?(?:${LINE_END}${TOKEN}:${VALUE})*$`)
/** How a body's length or its chunks are announced: with blanks behind them some take them for something else. */
const FRAMING: Readonly<Record<string, RegExp>> = {
  'content-length': /^ ?\d{1,15}$/,
  'transfer-encoding': /^ ?chunked$/i,
}
const ONE = 0x31

/** By the length of a name: whether one of those has it that are read. Most lines of a head are told apart by it. */
const lengths: readonly boolean[] = Array.from({ length: 32 }, (_, length) =>
  [...readOfReply].some((name) => name.length === length),
)

/**
 * Reads the head of a reply.
 * @param text without the empty line behind it; a character for each byte
 * @param isBodiless whether the request asks for the head alone
 * @throws ReplyFlaw
 */
export function readHead(text: string, isBodiless: boolean): ReplyHead {
  if (!HEAD.test(text)) throw new ReplyFlaw('the head of the reply is no HTTP')
  const status = Number(text.slice(9, 12))
  const isOld = text.charCodeAt(7) !== ONE
  const headers = headersIn(text)
  const length = lengthIn(headers)
  const isChunked = saysChunked(headers, isOld)
  if (isChunked && length !== null) throw new ReplyFlaw('the reply says in two ways how long it is')
  const hasNone = isBodiless || status === 204 || status === 304 || (status >= 100 && status < 200)
  const framing = hasNone ? 'none' : isChunked ? 'chunked' : length === null ? 'until_close' : 'length'
  return {
    status,
    headers,
    framing,
    length: length ?? 0,
    keeps: framing !== 'until_close' && keepsOpen(headers.connection, isOld),
    keepsMs: headers['keep-alive'] === undefined ? null : keptFor(String(headers['keep-alive'])),
  }
}

function headersIn(text: string): IncomingHttpHeaders {
  const headers: Record<string, string | string[]> = {}
  let end = text.indexOf(LINE_END)
  while (end >= 0) {
    const start = end + 2
    const colon = text.indexOf(':', start)
    end = text.indexOf(LINE_END, colon)
    if (lengths[colon - start] !== true) continue
    const name = text.slice(start, colon).toLowerCase()
    if (!readOfReply.has(name)) continue
    const to = end < 0 ? text.length : end
    if (FRAMING[name]?.test(text.slice(colon + 1, to)) === false) throw flawOf(name)
    add(headers, name, trimmed(text, colon + 1, to))
  }
  return headers
}

const flawOf = (name: string) =>
  name === 'content-length'
    ? new ReplyFlaw('the length of the reply is none')
    : new ReplyFlaw('the reply is coded for the way as nobody asked for', true)

function add(headers: Record<string, string | string[]>, name: string, value: string): void {
  const known = headers[name]
  if (known === undefined) headers[name] = value
  else if (typeof known === 'string') headers[name] = [known, value]
  else known.push(value)
}

/** Two lengths are a flaw, also where they are the same: so they are to the next reader. */
function lengthIn(headers: IncomingHttpHeaders): number | null {
  const written: string | string[] | undefined = headers['content-length']
  if (written === undefined) return null
  if (typeof written !== 'string') throw new ReplyFlaw('the reply has several lengths')
  return Number(written)
}

function saysChunked(headers: IncomingHttpHeaders, isOld: boolean): boolean {
  const coding: string | string[] | undefined = headers['transfer-encoding']
  if (coding === undefined) return false
  if (typeof coding !== 'string') throw flawOf('transfer-encoding')
  if (isOld) throw new ReplyFlaw('HTTP/1.0 has no chunks')
  return true
}

function keepsOpen(connection: string | string[] | undefined, isOld: boolean): boolean {
  if (connection === undefined) return !isOld
  const said = String(connection)
    .toLowerCase()
    .split(',')
    .map((one) => one.trim())
  return !said.includes('close') && (!isOld || said.includes('keep-alive'))
}

function keptFor(said: string): number | null {
  const seconds = /(?:^|[ ,;])timeout=(\d{1,9})/i.exec(said)?.[1]
  return seconds === undefined ? null : Number(seconds) * 1000
}
