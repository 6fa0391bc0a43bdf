import { type ClientRequest, type IncomingMessage, request as newRequest, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { unavailable } from '../contract/error.ts'
import type { NewId } from '../core/id.ts'
import { introduction, type LocalLine } from '../listener/introduced.ts'
import { type Handle, refuse } from '../listener/listener.ts'

/** What is about one connection and not about the request, or is written anew for the next. */
const OF_THE_CONNECTION = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'expect',
])
/** Milliseconds until a connection is tried again that found more waiting than the system lets wait. */
const CROWDED_MS = 20

/**
 * A door whose requests are answered by the machine's thread. Each has a connection of its own there: so a client's address and
 * certificate belong to a connection as they do at the listener, and none can be taken for another's. Bodies and replies
 * go through as fast as the slower side reads, and whichever side breaks off, the other hears of it.
 */
export function forwardedTo(machine: LocalLine, newId: NewId): Handle {
  return (request, response) => {
    reach(machine, response).then(
      (socket) => socket && forward(socket, introduction(machine, request.socket), request, response),
      () => refuse(response, newId, unavailable('The server could not answer. Please try again shortly.')),
    )
  }
}

/** @returns null where the client has left meanwhile. @throws what the system says */
async function reach({ path }: LocalLine, response: ServerResponse): Promise<Socket | null> {
  while (!response.destroyed) {
    try {
      return await connected(path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
      await sleep(CROWDED_MS)
    }
  }
  return null
}

function connected(path: string): Promise<Socket> {
  const socket = connect(path)
  // What becomes of it is told by its end.
  socket.on('error', () => {})
  return new Promise((resolve, reject) => {
    socket.once('error', reject).once('connect', () => {
      socket.removeListener('error', reject)
      resolve(socket)
    })
  })
}

function forward(socket: Socket, whose: string, request: IncomingMessage, response: ServerResponse) {
  if (response.destroyed) return void socket.destroy()
  socket.write(whose)
  const { method, url: path } = request
  const onward = newRequest({ createConnection: () => socket, setHost: false, ...{ method, path } })
  copyHead(request, onward)
  onward.on('error', () => response.destroy())
  // Not with the reply's end: the rest of a body is still read then, and what is cut early would take that end with it.
  onward.once('close', () => socket.destroy())
  socket.once('close', () => onward.destroy())
  // Node's client does not hear of its socket any more once it has the reply, though the body still goes.
  socket.on('drain', () => onward.emit('drain'))
  response.once('close', () => {
    if (!response.writableFinished) onward.destroy()
  })
  onward.once('response', (reply: IncomingMessage) => {
    response.writeHead(reply.statusCode ?? 500, headersOf(reply.rawHeaders))
    reply.once('error', () => response.destroy())
    reply.pipe(response)
  })
  // Before the body: who is refused by the head alone hears of it at once.
  onward.flushHeaders()
  request.pipe(onward)
}

function copyHead(request: IncomingMessage, onward: ClientRequest) {
  const values = new Map<string, { name: string; values: string[] }>()
  const raw = headersOf(request.rawHeaders)
  for (let i = 0; i < raw.length; i += 2) {
    const [name = '', value = ''] = [raw[i], raw[i + 1]]
    const known = values.get(name.toLowerCase())
    if (known) known.values.push(value)
    else values.set(name.toLowerCase(), { name, values: [value] })
  }
  for (const {
    name,
    values: [first = '', ...others],
  } of values.values()) {
    onward.setHeader(name, others.length === 0 ? first : [first, ...others])
  }
  onward.setHeader('connection', 'keep-alive')
  // What says nothing of a body has none there either.
  const inChunks = request.headers['transfer-encoding'] !== undefined
  onward.useChunkedEncodingByDefault = inChunks
  if (inChunks) onward.setHeader('transfer-encoding', 'chunked')
}

/** @param raw names and values in turns, as they came */
function headersOf(raw: readonly string[]): string[] {
  const kept: string[] = []
  for (let i = 0; i < raw.length; i += 2) {
    const [name = '', value = ''] = [raw[i], raw[i + 1]]
    if (!OF_THE_CONNECTION.has(name.toLowerCase())) kept.push(name, value)
  }
  return kept
}
