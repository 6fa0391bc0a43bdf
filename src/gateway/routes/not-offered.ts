import { ApiError, unknownUrl } from '../../contract/error.ts'
import type { Method } from './declaration.ts'

const FINE_TUNING =
  'the original takes no new jobs of most organizations and none at all from 2027 on; whose a model is that one made before is said by the configuration of this server'
const ASSISTANTS = 'the original has shut it down, and responses and conversations stand in its place'
const NEXT = 'sessions over sockets are not governed yet, and come next'
const AGENTS = 'what an agent does goes on in the account of the model server without a request that could be judged'

/**
 * What the original has and this server does not, by how the path begins behind `/v1/`, each with the reason that its callers are told. The longest
 * that fits is the one.
 */
export const reasonsWhyNot: Readonly<Record<string, string>> = {
  agents: AGENTS,
  assistants: ASSISTANTS,
  'audio/voice_consents': "a consent is somebody's to their own voice, and would be kept for all who share the account",
  'audio/voices': "a voice is somebody's own, and nobody could see which the account has, to say whose it is",
  chatkit: 'it hands secrets of the account to browsers, which then speak to the model server without this server',
  content_provenance_checks: 'it says where a content comes from, for all who share the account',
  decisions: 'no request says how much a decision reads, so no money could be set aside for one',
  edits: 'the original has shut it down',
  engines: 'the original has shut it down, and models stand in its place',
  evals: 'the original has shut it down',
  'fine-tunes': FINE_TUNING,
  fine_tuning: FINE_TUNING,
  'fine_tuning/checkpoints':
    'which of its projects may use a fine-tuned model is said by the configuration of this server, and by no call',
  graders: FINE_TUNING,
  live: NEXT,
  'messages/batches': 'a batch is kept by the account of the model server, where every project could read it',
  models: 'a model is deleted for all who share the account',
  prompts: 'the original has shut it down',
  realtime: NEXT,
  safety: 'alerts and cases are about the whole account',
  skills: 'a skill is code that the model server runs, and would be kept for all who share the account',
  threads: ASSISTANTS,
  vaults: 'a vault holds secrets, and would be kept for all who share the account',
  videos: 'the original has shut it down',
}

/** The original's operations on paths that are governed for another method: the end of a fine-tuned model. */
export const operationsNotOffered: readonly { method: Method; path: `/v1/${string}` }[] = [
  { method: 'DELETE', path: '/v1/models/{model}' },
]

/** The original's resources of which this server has some (openai 7.59), by the first step of their paths. */
const known: ReadonlySet<string> = new Set([
  ...['audio', 'batches', 'containers', 'conversations', 'files', 'images', 'moderations', 'responses', 'uploads'],
  ...['vector_stores', 'webhook_endpoints', 'webhook_event_types'],
])

/** What a path that is no route's is answered with: whoever asks for the original's learns why this server lacks it. */
export function noSuchRoute(method: string, path: string): ApiError {
  const [before, version, first = '', second] = path.split('/', 4)
  const isOurs = before === '' && version === 'v1'
  // Whatever a path of models is that none can be, it is about no model.
  if (isOurs && first !== 'models' && (known.has(first) || reasonFor(first, second) !== null))
    return notOfferedHere(method, path)
  return unknownUrl({ method, url: path })
}

/** Of what the original has on a path, and this server never. */
export function notOfferedHere(method: string, path: string): ApiError {
  const [, , first = '', second] = path.split('/', 4)
  const why = reasonFor(first, second)
  return refusal(method, path, why === null ? 'not offered by this server' : `not offered by this server: ${why}`)
}

/** Of what this server has where one of its model servers does. */
export const offeredByNone = (method: string, path: string): ApiError =>
  refusal(method, path, 'not offered by this server: no model server in its configuration is said to have it')

/** Of what a proxy cannot have decided. */
export const notForProxies = (method: string, path: string): ApiError =>
  refusal(method, path, 'not offered by this server to proxies: it is asked of the gate itself')

function reasonFor(first: string, second: string | undefined): string | null {
  for (const begins of [`${first}/${second}`, first])
    if (Object.hasOwn(reasonsWhyNot, begins)) return reasonsWhyNot[begins] ?? null
  return null
}

function refusal(method: string, path: string, why: string): ApiError {
  const { message } = unknownUrl({ method, url: path })
  return new ApiError('not_offered', `${message} (${why})`)
}
