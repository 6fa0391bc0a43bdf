import { audio } from './audio.ts'
import { batches } from './batches.ts'
import { chats } from './chats.ts'
import { completions } from './completions.ts'
import { containers } from './containers.ts'
import { conversations } from './conversations.ts'
import type { Declaration } from './declaration.ts'
import { files } from './files.ts'
import type { IdName } from './ids.ts'
import { images } from './images.ts'
import { messages } from './messages.ts'
import { modelServers } from './model-servers.ts'
import { models } from './models.ts'
import { responses } from './responses.ts'
import { storedResponses } from './stored-responses.ts'
import { uploads } from './uploads.ts'
import { vectorStores } from './vector-stores.ts'
import { webhooks } from './webhooks.ts'

const table = {
  ...completions,
  ...responses,
  ...storedResponses,
  ...images,
  ...audio,
  ...messages,
  ...modelServers,
  ...models,
  ...files,
  ...uploads,
  ...conversations,
  ...webhooks,
  ...chats,
  ...vectorStores,
  ...batches,
  ...containers,
} as const

export type RouteName = keyof typeof table

/** Every governed route, by the official client's own name for it. What is not here is refused: nothing passes ungoverned. */
export const routes: Readonly<Record<RouteName, Declaration>> = table

/** A governed route, as one request asks for it. */
export type GatewayRoute = Declaration & {
  /** For logs, metrics and the audit log. */
  name: RouteName
  /** Path and query behind the upstream's base URL or its root, as they are sent there. */
  upstreamPath: string
  /** The ids that the path names, by their kind. */
  ids: Readonly<Partial<Record<IdName, string>>>
  /** Whether the query asks for a stream of events. */
  stream: boolean
}
