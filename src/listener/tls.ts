import { constants, X509Certificate } from 'node:crypto'
import { unwatchFile, watchFile } from 'node:fs'
import type { RequestListener, Server, ServerOptions } from 'node:http'
import { createServer } from 'node:https'
import type { Socket } from 'node:net'
import type { TlsOptions } from 'node:tls'
import type { Logger } from 'pino'
import { readTlsFiles, type TlsFiles, type TlsMaterial, type TlsMistake } from '../config/tls-files.ts'

/**
 * How TLS is spoken. A client certificate is asked for and any is taken: whether it passes is decided for each request, by
 * what its project says then. That makes the system's authorities of no use, and loading them costs 6 ms.
 */
const TLS_OPTIONS: TlsOptions = {
  minVersion: 'TLSv1.2',
  ALPNProtocols: ['http/1.1'],
  requestCert: true,
  rejectUnauthorized: false,
  ca: [],
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  handshakeTimeout: 10_000,
}

/** How often the files are looked at, in milliseconds. Not by events: those miss a file behind a link that is replaced. */
const WATCH_MS = 2000

export type SecureServer = {
  /** Makes the server; call it once. */
  create: (options: ServerOptions, answer: RequestListener) => Server
  /** Stops looking at the files. */
  close: () => void
}

/**
 * HTTP over TLS, with the certificate and the key of these files. When they change they are read again: new connections get the
 * new certificate, the others keep theirs. A new one that cannot be used changes nothing but the log.
 * @param ticketKeys what sessions that are resumed are sealed with; its own where nothing is given
 * @throws Error where they cannot be used
 */
export function secureServer(files: TlsFiles, log: Logger, ticketKeys?: Uint8Array): SecureServer {
  const first = readTlsFiles(files)
  if (Array.isArray(first)) throw new Error(tell(files, first).join('; '))
  let current = first
  let reload = () => {}
  const paths = [files.cert, files.key]
  const how = { ...TLS_OPTIONS, ...(ticketKeys && { ticketKeys: Buffer.from(ticketKeys) }) }
  return {
    create(options, answer) {
      const server = createServer({ ...options, ...how, ...current }, answer)
      // Node would have a failed handshake answered in HTTP, which whoever failed in it cannot read.
      server.removeAllListeners('tlsClientError')
      server.on('tlsClientError', (err, socket) => {
        log.debug({ err, remote: socket.remoteAddress }, 'a TLS handshake failed')
        socket.destroy()
      })
      closeHandshakes(server)
      readAsStreams(server)
      reload = () => {
        const read = readTlsFiles(files)
        if (Array.isArray(read)) {
          log.error(
            { mistakes: tell(files, read) },
            'the TLS files have changed and cannot be used; the certificate before them stays',
          )
          return
        }
        if (read.cert === current.cert && read.key === current.key) return
        server.setSecureContext({ ...how, ...read })
        current = read
        log.info({ expires: expiry(read, log) }, 'the TLS certificate was renewed')
      }
      for (const path of paths) watchFile(path, { interval: WATCH_MS, persistent: false }, reload)
      log.info({ expires: expiry(current, log) }, 'TLS is spoken')
      return server
    },
    close() {
      for (const path of paths) unwatchFile(path, reload)
    },
  }
}

const tell = (files: TlsFiles, mistakes: readonly TlsMistake[]) =>
  mistakes.map(({ file, why }) => `${files[file]}: ${why}`)

/** When the certificate expires. One that has is no reason not to start, but somebody should know. */
function expiry({ cert }: TlsMaterial, log: Logger): string {
  const { validToDate } = new X509Certificate(cert)
  if (validToDate.getTime() <= Date.now()) log.warn({ expired: validToDate }, 'the TLS certificate has expired')
  return validToDate.toISOString()
}

/**
 * Node hands what TLS decrypts straight to its parser, in several pieces at once: one behind the piece at which the connection was
 * paused would be taken for a broken request. Whoever listens to the data as well has Node read it as a stream, which waits.
 */
function readAsStreams(server: Server) {
  server.on('secureConnection', (socket: Socket) => socket.on('data', () => {}))
}

/** A connection whose handshake is not done is idle too, which Node does not know: it would hold up a shutdown. */
function closeHandshakes(server: Server) {
  const shaking = new Map<string, Socket>()
  const nameOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`
  server.on('connection', (socket: Socket) => {
    const name = nameOf(socket)
    shaking.set(name, socket)
    socket.once('close', () => shaking.delete(name))
  })
  server.on('secureConnection', (socket: Socket) => shaking.delete(nameOf(socket)))
  const closeIdle = server.closeIdleConnections.bind(server)
  server.closeIdleConnections = () => {
    for (const socket of shaking.values()) socket.destroy()
    closeIdle()
  }
}
