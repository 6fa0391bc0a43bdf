import { timingSafeEqual, X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Connection } from '../core/presented-certificate.ts'

/** Where a thread of this process listens for the others, and the word by which it knows them. */
export type LocalLine = Readonly<{ path: string; secret: string }>

/** Bytes of the longest introduction: a certificate is most of it, and no TLS handshake takes a larger one. */
const LONGEST = 131_072
/** Milliseconds in which whoever connects has to say who it is. */
const PATIENCE_MS = 5000

type Said = { secret: string; address: string | undefined; certificate: string | null }

/** What is said first on a connection between threads: for whom it is. One line, before any byte of theirs. */
export function introduction({ secret }: LocalLine, socket: Connection['socket']): string {
  const certificate = socket.getPeerX509Certificate?.()?.raw.toString('base64') ?? null
  const said: Said = { secret, address: socket.remoteAddress, certificate }
  return `${JSON.stringify(said)}\n`
}

/**
 * Reads the introduction, and has the connection be the one that it is for: the client's address and certificate are its own from
 * then on. Nothing that a client sends reaches this line, so what it says needs no check but who says it.
 * @param then is given the connection when it is introduced; one that is not, in time and by this process, is cut
 */
export function whenIntroduced(socket: Socket, { secret }: LocalLine, then: (socket: Socket) => void): void {
  let read: Buffer = Buffer.alloc(0)
  const late = setTimeout(() => socket.destroy(), PATIENCE_MS).unref()
  const hear = (chunk: Buffer) => {
    read = Buffer.concat([read, chunk])
    const end = read.indexOf('\n')
    if (end < 0 && read.length <= LONGEST) return
    clearTimeout(late)
    socket.removeListener('data', hear)
    const said = end < 0 ? null : understood(read.toString('latin1', 0, end), secret)
    if (said === null) return void socket.destroy()
    takeOn(socket, said)
    socket.unshift(read.subarray(end + 1))
    then(socket)
  }
  socket.on('data', hear).on('error', () => socket.destroy())
  socket.once('close', () => clearTimeout(late))
}

function understood(line: string, secret: string): Said | null {
  try {
    const said = JSON.parse(line) as Said
    const [theirs, ours] = [Buffer.from(said.secret), Buffer.from(secret)]
    return theirs.length === ours.length && timingSafeEqual(theirs, ours) ? said : null
  } catch {
    return null
  }
}

function takeOn(socket: Socket, { address, certificate }: Said): void {
  const peer = certificate === null ? undefined : new X509Certificate(Buffer.from(certificate, 'base64'))
  Object.defineProperties(socket, {
    remoteAddress: { value: address },
    getPeerX509Certificate: { value: () => peer },
  })
}
