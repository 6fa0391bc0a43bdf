import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer as createHttpServer } from 'node:http'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type LocalLine, whenIntroduced } from '../listener/introduced.ts'
import { doorOf } from '../listener/listener.ts'
import type { MachineDoors } from '../thread/thread.ts'

/** How long a path the system lets a socket have, in bytes. */
const LONGEST_PATH = 100
/** Connections that may wait to be taken, as many as the system allows. */
const BACKLOG = 4096
/** Nothing is cut here for being slow: the threads' listeners have seen to that. A head is a little longer than it was there. */
const SERVER_OPTIONS = {
  requireHostHeader: false,
  maxHeaderSize: 65_536,
  keepAliveTimeout: 0,
  headersTimeout: 0,
  requestTimeout: 0,
}

/**
 * Answers at the machine's doors for the threads, over a socket that only this user can reach and a word that only they know.
 * Requests are what they were at the listener: streams of bytes with a head, an order and an end on either side, which messages
 * between threads would have to be made into again.
 */
export async function listenForThreads(doors: MachineDoors): Promise<{ line: LocalLine } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const line = { path: stack.use(place()).path, secret: randomBytes(32).toString('hex') }
  const http = createHttpServer(SERVER_OPTIONS, (request, response) => {
    const door = (doorOf(request.url ?? '') === 'admin' && doors.admin) || doors.operations
    door(request, response)
  })
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    whenIntroduced(socket, line, (introduced) => http.emit('connection', introduced))
  })
  server.listen({ path: line.path, backlog: BACKLOG })
  await once(server, 'listening')
  stack.defer(async () => {
    const closed = new Promise((resolve) => server.close(resolve))
    for (const socket of sockets) socket.destroy()
    await closed
    http.close()
  })
  const rest = stack.move()
  return { line, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

/** A name that nobody else can open: in a directory of this user's own, or on Windows a pipe with a name that nobody can guess. */
function place(): { path: string } & Disposable {
  if (process.platform === 'win32') {
    return { path: `\\\\.\\pipe\\gatehouse-${randomBytes(16).toString('hex')}`, [Symbol.dispose]() {} }
  }
  const roomy = tmpdir().length + '/gatehouse-XXXXXX/threads'.length <= LONGEST_PATH
  const folder = mkdtempSync(join(roomy ? tmpdir() : '/tmp', 'gatehouse-'))
  return {
    path: join(folder, 'threads'),
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}
