import { PassThrough } from 'node:stream'
import type { Gate } from '../gate.ts'
import { objectIn } from '../objects/ask.ts'
import { WholeReply } from '../objects/whole-reply.ts'
import { atUpstreams } from '../routes/batches.ts'
import { invalidReply } from '../upstreams/failures.ts'
import type { Forwarding, Reply } from '../upstreams/forwarding.ts'

/** Bytes of an object that an upstream answers with, at most. */
const MOST_BYTES = 1_048_576
/** Bytes of a file that wait here to be read. */
const HIGH_WATER = 262_144

/** What is asked of an upstream by the gate itself, for no client. */
export type Asking = {
  method: 'GET' | 'POST' | 'DELETE'
  /** Behind its base URL, with the query. */
  path: string
  upstream: string
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
  const reply = new WholeReply(MOST_BYTES, null)
  const outcome = await gate.upstreams.forward(forwarding(asking, reply))
  if (reply.isTooLong || outcome.end !== 'complete') throw invalidReply(new Error('no whole answer'))
  return { status: reply.statusCode, object: objectIn(reply.bytes) }
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
): Promise<AsyncIterable<Buffer> | null> {
  const reply = new Streamed()
  const path = `${atUpstreams.files}/${file}/content`
  const ended = gate.upstreams.forward(forwarding({ method: 'GET', path, upstream }, reply))
  // What becomes of it behind its head, the reader hears.
  ended.catch(() => {})
  await Promise.race([reply.begun.promise, ended])
  if (reply.statusCode === 200) return reply
  reply.destroy()
  if (reply.statusCode === 404) return null
  throw invalidReply(new Error(`the status ${reply.statusCode} for the content of a file`))
}
