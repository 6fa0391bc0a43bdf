import { buffer } from 'node:stream/consumers'
import { ApiError, malformedJson, unknownUrl } from '../../contract/error.ts'
import type { Log } from '../../core/log.ts'
import { isObject, type JsonObject } from '../body/fields.ts'
import type { Outcome } from '../call.ts'
import { carried } from '../carried.ts'
import { missing } from '../invalid.ts'
import type { Forwarding, Reply, Upstream, Witness } from '../upstreams/forwarding.ts'
import { checkPurpose, dispositionOf, expiryOf, type FileObject } from './file-objects.ts'
import type { KeptBatches } from './kept-batches.ts'
import type { KeptFiles } from './kept-files.ts'
import type { KeptUploads } from './kept-uploads.ts'
import { receiveForm } from './received-form.ts'

type Kept = { files: KeptFiles; uploads: KeptUploads; batches: KeptBatches; log: Pick<Log, 'warn'> }
type Content = AsyncGenerator<Buffer, void, void>
/** An object; or a content, to be sent as it is read. */
type Answer = { object: object } | { file: FileObject; content: Content }
type Answerer = (call: Forwarding, kept: Kept, id: string) => Promise<Answer>

const ENDED = { done: true, value: undefined } as const

const routes: [method: string, path: RegExp, answerer: Answerer][] = [
  ['POST', /^\/files$/, createFile],
  ['GET', /^\/files\/([\w-]+)$/, async (_, { files }, id) => ({ object: await files.read(id) })],
  ['GET', /^\/files\/([\w-]+)\/content$/, (_, { files }, id) => files.open(id)],
  ['DELETE', /^\/files\/([\w-]+)$/, deleteFile],
  ['POST', /^\/uploads$/, async (call, { uploads }) => ({ object: await uploads.create(await jsonOf(call)) })],
  ['POST', /^\/uploads\/([\w-]+)\/parts$/, addPart],
  [
    'POST',
    /^\/uploads\/([\w-]+)\/complete$/,
    async (call, { uploads }, id) => ({ object: await uploads.complete(id, await jsonOf(call)) }),
  ],
  // These the gate asks alone, in the place of a model server that has batches; it finds none again in a list, and asks for it once more.
  ['POST', /^\/batches$/, async (call, { batches }) => ({ object: await batches.create(await jsonOf(call)) })],
  ['GET', /^\/batches$/, async () => ({ object: { object: 'list', data: [], has_more: false } })],
  ['GET', /^\/batches\/([\w-]+)$/, async (_, { batches }, id) => ({ object: await batches.show(id) })],
  ['POST', /^\/batches\/([\w-]+)\/cancel$/, async (_, { batches }, id) => ({ object: await batches.cancel(id) })],
  ['POST', /^\/uploads\/([\w-]+)\/cancel$/, async (_, { uploads }, id) => ({ object: await uploads.cancel(id) })],
]

/**
 * What the gate keeps itself, as a model server among the others: so whose things are, and who may name, list and end them, is one mechanism, wherever they
 * are kept. It has no models.
 */
export function ownServer(kept: Kept): Upstream {
  return {
    weight: 1,
    attempt: (call, witness) => attempt(call, witness, kept),
    models: async () => [],
    close: async () => {},
  }
}

async function attempt(call: Forwarding, { name }: Witness, kept: Kept): Promise<Outcome> {
  let answer: Answer
  try {
    answer = await answerTo(call, kept)
  } catch (error) {
    // What is refused for what was asked is an answer like any other: a list is to hear what is gone. Who still sends hears it from the gate.
    const isAnswer = error instanceof ApiError && (error.status === 400 || error.status === 404)
    if (!isAnswer || !call.request.complete) throw error
    return sendObject(call, name, error.status, error.envelope)
  }
  if ('object' in answer) return sendObject(call, name, 200, answer.object)
  try {
    return await sendContent(call, name, answer.file, answer.content)
  } finally {
    await answer.content.return()
  }
}

function answerTo(call: Forwarding, kept: Kept): Promise<Answer> {
  const path = call.upstreamPath.split('?', 1)[0] ?? ''
  for (const [method, pattern, answerer] of routes) {
    const [, id = ''] = pattern.exec(path) ?? []
    if (method === call.method && pattern.test(path)) return answerer(call, kept, id)
  }
  throw unknownUrl({ method: call.method, url: `/v1${path}` })
}

async function createFile(call: Forwarding, { files }: Kept): Promise<Answer> {
  const { fields, filename, draft } = await formOf(call, files, 'file')
  try {
    const purpose = fields.get('purpose')
    if (purpose === undefined) throw missing('purpose')
    checkPurpose(purpose, filename)
    const expiresAfter = expiryOf(fields.get('expires_after[anchor]'), fields.get('expires_after[seconds]'))
    return { object: await files.keep(draft, { filename, purpose, expiresAfter }) }
  } catch (error) {
    await draft.discard()
    throw error
  }
}

async function deleteFile(_: Forwarding, { files, log }: Kept, id: string): Promise<Answer> {
  if (!(await files.delete(id)))
    log.warn({ id, store: files.store.name }, 'a file was deleted that is not in the store of this node')
  return { object: { id, object: 'file', deleted: true } }
}

async function addPart(call: Forwarding, { files, uploads }: Kept, id: string): Promise<Answer> {
  const { draft } = await formOf(call, files, 'data')
  return { object: await uploads.addPart(id, draft) }
}

function formOf(call: Forwarding, files: KeptFiles, file: string) {
  const body = call.body(false)
  if (typeof body !== 'function') throw missing(file)
  return receiveForm(files.store, call.headers['content-type'] ?? '', body().stream, file)
}

async function jsonOf({ body }: Forwarding): Promise<JsonObject> {
  const sent = body(false)
  const bytes = typeof sent === 'function' ? await buffer(sent().stream) : sent
  try {
    const value: unknown = JSON.parse(bytes?.toString() ?? '{}')
    if (isObject(value)) return value
  } catch {
    // Told below, like JSON that is no object.
  }
  throw malformedJson()
}

function sendObject({ response, begin }: Forwarding, name: string, status: number, object: object): Outcome {
  const bytes = Buffer.from(JSON.stringify(object))
  const head = { 'content-type': 'application/json', 'content-length': String(bytes.length) }
  const { headers, observer } = begin(status, head, name, null)
  const source = status < 400 ? {} : { 'x-gatehouse-error-source': 'gateway' }
  response.writeHead(status, { ...head, ...source, ...headers })
  const seen = observer ? [observer.chunk(bytes), observer.end()] : [bytes]
  response.end(Buffer.concat(seen.filter((part) => part !== null)))
  return { status, end: 'complete' }
}

/** No faster than the client reads; one that does not read is cut by the listener. */
async function sendContent(
  { response, begin }: Forwarding,
  name: string,
  file: FileObject,
  content: Content,
): Promise<Outcome> {
  const head = {
    'content-type': 'application/octet-stream',
    'content-length': String(file.bytes),
    'content-disposition': dispositionOf(file.filename),
  }
  // What cannot be read at all is told before the reply has begun.
  let piece = await content.next()
  const { headers } = begin(200, head, name, null)
  response.writeHead(200, { ...head, ...headers })
  for (let at = 0; at < file.bytes; ) {
    if (response.destroyed) return { status: 200, end: 'client_gone' }
    if (piece.done) {
      // As many bytes were promised: a clean end would lie.
      response.destroy()
      return { status: 200, end: 'upstream_broke' }
    }
    const bytes = piece.value.subarray(0, file.bytes - at)
    at += bytes.length
    carried(bytes.length)
    if (!response.write(bytes)) await roomIn(response)
    piece = await content.next().catch(() => ENDED)
  }
  response.end()
  return { status: 200, end: response.destroyed ? 'client_gone' : 'complete' }
}

/** Resolves when the client has read what was sent, or has left. */
function roomIn(response: Reply): Promise<void> {
  if (response.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done)
      response.off('close', done)
      resolve()
    }
    response.on('drain', done)
    response.on('close', done)
  })
}
