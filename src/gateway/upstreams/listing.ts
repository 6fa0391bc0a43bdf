import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import type { ListedModel } from '../../core/model-list.ts'
import { isModelName } from '../../core/model-name.ts'
import { withoutBytes } from './broken.ts'
import { decoderFor } from './decode.ts'
import { NoList, type Witness } from './forwarding.ts'
import { requestHeaders } from './headers.ts'
import { Secret } from './secret.ts'

const TIMEOUT_MS = 10_000
/** Bytes that a list may have, as it comes and unpacked; models of it that are taken. */
const MOST_BYTES = 4 * 1024 * 1024
const MOST_MODELS = 10_000

type Reply = { status: number; headers: IncomingHttpHeaders; body: Buffer }

/**
 * Asks a model server for its models.
 * @throws NoList where it answers, but with no list
 */
export async function listModels(
  dispatcher: Dispatcher,
  path: string,
  key: string | null,
  witness: Witness,
): Promise<ListedModel[]> {
  const { status, headers, body } = await read(dispatcher, path, key, witness)
  if (status !== 200) throw new NoList(`the model server answered its list of models with ${status}`)
  const data = parse(await decoded(body, headers['content-encoding']))
  if (!Array.isArray(data)) throw new NoList('the model server answered its list of models with something else')
  const models: ListedModel[] = []
  const secret = Secret.of(key)
  for (const entry of data) {
    const model = modelOf(entry)
    if (model !== null && !(secret && model.id.includes(secret.text))) models.push(model)
    if (models.length === MOST_MODELS) break
  }
  return models
}

/** What of an entry is for clients: a model server also says where its files lie, who owns it, and who may do what there. */
function modelOf(entry: unknown): ListedModel | null {
  if (entry === null || typeof entry !== 'object' || !('id' in entry)) return null
  const { id } = entry
  if (typeof id !== 'string' || !isModelName(id)) return null
  const created = 'created' in entry ? entry.created : null
  return typeof created === 'number' && Number.isSafeInteger(created) && created >= 0 ? { id, created } : { id }
}

function parse(text: string): unknown {
  try {
    return (JSON.parse(text) as { data?: unknown } | null)?.data
  } catch {
    return null
  }
}

async function decoded(body: Buffer, coding: string | undefined): Promise<string> {
  const decoder = decoderFor(coding)
  if (decoder === null) return body.toString('utf8')
  decoder.end(body)
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of decoder as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > MOST_BYTES) throw tooLong()
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

const tooLong = () => new NoList(`the list of models is longer than ${MOST_BYTES} bytes`)

function read(dispatcher: Dispatcher, path: string, key: string | null, witness: Witness): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    let reply = { status: 0, headers: {} as IncomingHttpHeaders }
    let bytes = 0
    let begun = false
    const options = { method: 'GET', path, headers: requestHeaders({ accept: 'application/json' }, key) } as const
    dispatcher.dispatch(
      { ...options, headersTimeout: TIMEOUT_MS, bodyTimeout: TIMEOUT_MS },
      {
        onRequestStart() {
          begun = true
          witness.reached()
        },
        onResponseStart(_controller, status, headers) {
          if (status >= 200) reply = { status, headers }
        },
        onResponseData(controller, chunk) {
          bytes += chunk.length
          if (bytes > MOST_BYTES) controller.abort(tooLong())
          else parts.push(chunk)
        },
        onResponseEnd: () => resolve({ ...reply, body: Buffer.concat(parts) }),
        onResponseError(_controller, error) {
          if (!begun) witness.failed('unreachable', error)
          reject(withoutBytes(error))
        },
      },
    )
  })
}
