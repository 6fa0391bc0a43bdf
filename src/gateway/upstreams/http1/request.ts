/** A request whose body, if it has one, is there as a whole. */
export type WholeRequest = {
  method: string
  /** With the query. */
  path: string
  /** Names and values in turn, without what is said of the connection, the host and the body's length. */
  headers: string[]
  body: Buffer | null
}

/** Bytes of a body that is written together with its head as one text, which costs least. */
const ONE_TEXT = 16_384

const PATH = /^[\x21-\x7e\x80-\xff]+$/
const NO_VALUE = /[^\t\x20-\x7e\x80-\xff]/
const METHODS = /^[A-Z]+$/

/**
 * The head of a request, a character for each byte; behind it a small body.
 * @param rest of its first line and what every head says, as `restOfHead` makes it
 * @throws Error for what would be another request than was meant
 */
export function headOf(request: WholeRequest, rest: string): string {
  const { method, body } = request
  const head = linesOf(request, rest)
  if (body === null) return `${head}${method === 'POST' ? 'content-length: 0\r\n\r\n' : '\r\n'}`
  const whole = `${head}content-length: ${body.length}\r\n\r\n`
  return body.length <= ONE_TEXT ? whole + body.toString('latin1') : whole
}

/**
 * The head of a request whose body comes bit by bit, and which nothing follows on its connection.
 * It does not say so: a server that closes behind an answer, with bytes of the request that it has not read, takes back the end of that answer.
 * @param host as the URL has it, with its port
 * @throws Error for what would be another request than was meant
 */
export function streamedHeadOf(
  request: Pick<WholeRequest, 'method' | 'path' | 'headers'> & { length: number | null },
  host: string,
): string {
  const { length } = request
  const framing = length === null ? 'transfer-encoding: chunked' : `content-length: ${length}`
  return `${linesOf(request, ` HTTP/1.1\r\nhost: ${host}\r\n`)}${framing}\r\n\r\n`
}

function linesOf({ method, path, headers }: Pick<WholeRequest, 'method' | 'path' | 'headers'>, rest: string): string {
  if (!METHODS.test(method) || !PATH.test(path)) throw new Error('no request can be made of this method or path')
  let head = `${method} ${path}${rest}`
  for (let i = 0; i < headers.length; i += 2) {
    const value = headers[i + 1] as string
    if (NO_VALUE.test(value)) throw new Error(`no header '${headers[i]}' can have this value`)
    head += `${headers[i]}: ${value}\r\n`
  }
  return head
}

/** The body where it is not in the text of the head; null where nothing stands behind that. */
export const bodyBeside = ({ body }: WholeRequest): Buffer | null =>
  body !== null && body.length > ONE_TEXT ? body : null

/** @param host as the URL has it, with its port */
export const restOfHead = (host: string): string => ` HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`
