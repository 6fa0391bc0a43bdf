import { ApiError, unknownUrl } from '../../contract/error.ts'
import type { Method } from './declaration.ts'

/** The original's operations on paths that are governed for another method: the end of a fine-tuned model. */
export const operationsNotOffered: readonly { method: Method; path: `/v1/${string}` }[] = [
  { method: 'DELETE', path: '/v1/models/{model}' },
]

/** The original's other resources (openai 7.57), by the first step of their paths. */
const resources: ReadonlySet<string> = new Set([
  ...['agents', 'assistants', 'audio', 'batches', 'chatkit', 'containers', 'content_provenance_checks'],
  ...['conversations', 'decisions', 'edits', 'engines', 'evals', 'files', 'fine_tuning', 'fine-tunes', 'graders'],
  ...['images', 'live', 'moderations', 'realtime', 'responses', 'safety', 'skills', 'threads', 'uploads', 'vaults'],
  ...['vector_stores', 'videos', 'webhook_endpoints', 'webhook_event_types'],
])

/** What a path that is no route's is answered with: whoever asks for the original's learns that this server lacks it yet. */
export function noSuchRoute(method: string, path: string): ApiError {
  const [before, version, first = '', second] = path.split('/', 4)
  if (before === '' && version === 'v1' && first === 'messages' && second === 'batches')
    return noMessageBatches(method, path)
  return before === '' && version === 'v1' && resources.has(first)
    ? notOfferedHere(method, path)
    : unknownUrl({ method, url: path })
}

export function notOfferedHere(method: string, path: string): ApiError {
  const { message } = unknownUrl({ method, url: path })
  return new ApiError('not_offered', `${message} (not offered by this server yet)`)
}

/** Of the Anthropic API. */
function noMessageBatches(method: string, path: string): ApiError {
  const { message } = unknownUrl({ method, url: path })
  const why = 'a batch is kept by the account of the model server, where every project could read it'
  return new ApiError('not_offered', `${message} (not offered by this server: ${why})`)
}
