import type { IncomingHttpHeaders } from 'node:http'
import type { Dispatcher } from 'undici'
import type { ListedModel } from '../../core/model-list.ts'
import { withoutBytes } from './broken.ts'
import { decoderFor } from './decode.ts'
import { NoList, type Witness } from './forwarding.ts'
import { ownHeaders, requestHeaders } from './headers.ts'
import { modelsIn } from './list-shapes.ts'
import { Secret } from './secret.ts'

const TIMEOUT_MS = 10_000
/** Bytes that a list may have, as it comes and unpacked. */
const MOST_BYTES = 4 * 1024 * 1024

type Reply = { status: number; headers: IncomingHttpHeaders; body: Buffer }

/**
 * Asks a model server for its models.
 * @throws NoList where it answers, but with no list that has a model: an empty one says nothing that could be told to anybody
 */
export async function listModels(
  dispatcher: Dispatcher,
  path: string,
  key: string | null,
  witness: Witness,
): Promise<ListedModel[]> {
  const { status, headers, body } = await read(dispatcher, path, key, witness)
  if (status !== 200) throw new NoList(`its answer has the status ${status}`, status >= 500)
  const models = modelsIn(await decoded(body, headers['content-encoding']), Secret.of(key))
  if (models.length === 0) throw new NoList('its answer lists no model that can be called')
  return models
}

async function decoded(body: Buffer, coding: string | undefined): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  try {
    const decoder = decoderFor(coding)
    if (decoder === null) return body.toString('utf8')
    decoder.end(body)
    for await (const part of decoder as AsyncIterable<Buffer>) {
      bytes += part.length
      if (bytes > MOST_BYTES) throw tooLong()
      parts.push(part)
    }
  } catch (error) {
    throw error instanceof NoList ? error : new NoList('its answer cannot be decoded')
  }
  return Buffer.concat(parts).toString('utf8')
}

const tooLong = () => new NoList(`its answer is longer than ${MOST_BYTES} bytes`)

function read(dispatcher: Dispatcher, path: string, key: string | null, witness: Witness): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = []
    let reply = { status: 0, headers: {} as IncomingHttpHeaders }
    let bytes = 0
    let begun = false
    const options = {
      method: 'GET',
      path,
      headers: requestHeaders({ accept: 'application/json' }, ownHeaders(key)),
    } as const
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
