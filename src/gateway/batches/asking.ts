import { PassThrough } from 'node:stream'
import type { Gate } from '../gate.ts'
import { objectIn } from '../objects/ask.ts'
import { WholeReply } from '../objects/whole-reply.ts'
import { atUpstreams } from '../routes/batches.ts'
import { invalidReply } from '../upstreams/failures.ts'
import type { Forwarding, Reply } from '../upstreams/forwarding.ts'

/** Bytes of an object that an upstream answers with, at most, where nothing else is said. */
const MOST_BYTES = 1_048_576
/** Milliseconds that an object may take, an upload of ours, and the next bytes of a file. */
const OBJECT_MS = 30_000
const UPLOAD_MS = 600_000
const SILENT_MS = 60_000
/** Bytes of a file that wait here to be read. */
const HIGH_WATER = 262_144

/** What is asked of an upstream by the gate itself, for no client. */
export type Asking = {
  method: 'GET' | 'POST' | 'DELETE'
  /** Behind its base URL, with the query. */
  path: string
  upstream: string
  /** Ends it; null: it takes as long as it may. */
  signal: AbortSignal | null
  /** Bytes of the object that it answers with, at most. */
  most?: number
  body?: Buffer | { type: string; length: number; stream: Exclude<ReturnType<Forwarding['body']>, Buffer | null> }
}

/** Whoever asks leaves never. */
export const NOBODY: Forwarding['request'] = { destroyed: false, complete: true, socket: { destroyed: false } }

const forwarding = ({ method, path, upstream, body }: Asking, response: Reply): Forwarding => ({
  ...{ method, upstreamPath: path, servedAt: 'base', upstreams: [upstream] },
  headers: body === undefined ? {} : { 'content-type': Buffer.isBuffer(body) ? 'application/json' : body.type },
  body: () => (body === undefined ? null : Buffer.isBuffer(body) ? body : body.stream),
  ...{ usageOf: null, besideOptions: false, holdsMissing: false },
  ...{ request: NOBODY, response },
  begin: () => ({ headers: {}, observer: null }),
})

/**
 * Asks an upstream, and reads all that it says.
 * @returns the status, and the object that it answers; null where that is none
 * @throws ApiError where it cannot be had, or broke off
 */
export async function askFor(gate: Pick<Gate, 'upstreams'>, asking: Asking) {
  const { signal, body, most = MOST_BYTES } = asking
  const reply = new WholeReply(most, null)
  using _ = leaving(signal, body === undefined || Buffer.isBuffer(body) ? OBJECT_MS : UPLOAD_MS, () => reply.destroy())
  const outcome = await gate.upstreams.forward(forwarding(asking, reply))
  signal?.throwIfAborted()
  if (reply.isTooLong || outcome.end !== 'complete') throw invalidReply(new Error('no whole answer'))
  return { status: reply.statusCode, object: objectIn(reply.bytes) }
}

/** Leaves an upstream that is too long silent, and at once when that is no more ours to ask. */
function leaving(signal: AbortSignal | null, ms: number, leave: () => void): Disposable {
  signal?.throwIfAborted()
  const timer = setTimeout(leave, ms)
  signal?.addEventListener('abort', leave)
  return {
    [Symbol.dispose]() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', leave)
    },
  }
}

/** What an upstream sends, as it is read here: no faster. */
class Streamed extends PassThrough implements Reply {
  headersSent = false
  statusCode = 0
  readonly socket = NOBODY
  readonly begun = Promise.withResolvers<void>()

  constructor() {
    super({ highWaterMark: HIGH_WATER })
    // Whoever reads it hears of it.
    this.on('error', () => {})
  }

  writeHead(status: number): void {
    this.headersSent = true
    this.statusCode = status
    this.begun.resolve()
  }
}

/**
 * The content of a file. Whoever reads it to its end has had all of it; where it breaks off, reading throws.
 * @returns null where the upstream has no such file
 * @throws ApiError where it cannot be had
 */
export async function contentOf(
  gate: Pick<Gate, 'upstreams'>,
  upstream: string,
  file: string,
  signal: AbortSignal,
): Promise<AsyncIterable<Buffer> | null> {
  const reply = new Streamed()
  using _ = leaving(signal, SILENT_MS, () => reply.destroy())
  const path = `${atUpstreams.files}/${file}/content`
  const ended = gate.upstreams.forward(forwarding({ method: 'GET', path, upstream, signal }, reply))
  // What becomes of it behind its head, the reader hears.
  ended.catch(() => {})
  await Promise.race([reply.begun.promise, ended])
  signal.throwIfAborted()
  if (reply.statusCode === 200) return piecesOf(reply, signal)
  reply.destroy()
  if (reply.statusCode === 404) return null
  throw invalidReply(new Error(`the status ${reply.statusCode} for the content of a file`))
}

/** What comes, as long as it comes. Its end is left where nobody reads on. */
async function* piecesOf(reply: Streamed, signal: AbortSignal): AsyncGenerator<Buffer> {
  const pieces: AsyncIterator<Buffer> = reply[Symbol.asyncIterator]()
  try {
    for (;;) {
      // Only while somebody waits for it: who reads slowly is no silent upstream.
      using _ = leaving(signal, SILENT_MS, () => reply.destroy())
      const { done, value } = await pieces.next()
      if (done) return
      yield value
    }
  } finally {
    reply.destroy()
  }
}
