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
export function headOf({ method, path, headers, body }: WholeRequest, rest: string): string {
  if (!METHODS.test(method) || !PATH.test(path)) throw new Error('no request can be made of this method or path')
  let head = `${method} ${path}${rest}`
  for (let i = 0; i < headers.length; i += 2) {
    const value = headers[i + 1] as string
    if (NO_VALUE.test(value)) throw new Error(`no header '${headers[i]}' can have this value`)
    head += `${headers[i]}: ${value}\r\n`
  }
  if (body === null) return `${head}${method === 'POST' ? 'content-length: 0\r\n\r\n' : '\r\n'}`
  head += `content-length: ${body.length}\r\n\r\n`
  return body.length <= ONE_TEXT ? head + body.toString('latin1') : head
}

/** The body where it is not in the text of the head; null where nothing stands behind that. */
export const bodyBeside = ({ body }: WholeRequest): Buffer | null =>
  body !== null && body.length > ONE_TEXT ? body : null

/** @param host as the URL has it, with its port */
export const restOfHead = (host: string): string => ` HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`
