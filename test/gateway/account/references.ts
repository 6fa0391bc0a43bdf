import type { Containers } from './containers.ts'
import type { Conversations } from './conversations.ts'
import { missing } from './errors.ts'
import type { Files } from './files.ts'
import type { Responses } from './responses.ts'
import type { Body } from './server.ts'
import type { VectorStores } from './vector-stores.ts'

/** All that the account has. */
export type Had = {
  files: Files
  vectorStores: VectorStores
  containers: Containers
  conversations: Conversations
  responses: Responses
}

/** The ids that a body refers to, by the names under which they stand, at any depth. */
export type Referred = Record<
  'files' | 'vectorStores' | 'containers' | 'conversations' | 'responses' | 'items',
  string[]
>

const UNDER = new Map<string, keyof Referred>([
  ['file_id', 'files'],
  ['file_ids', 'files'],
  ['vector_store_ids', 'vectorStores'],
  ['container', 'containers'],
  ['container_id', 'containers'],
  ['conversation', 'conversations'],
  ['previous_response_id', 'responses'],
])

export function referredIn(body: unknown): Referred {
  const found: Referred = { files: [], vectorStores: [], containers: [], conversations: [], responses: [], items: [] }
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return
    const one = value as Body
    if (one.type === 'item_reference') found.items.push(one.id)
    if (typeof one.conversation?.id === 'string') found.conversations.push(one.conversation.id)
    for (const [name, inner] of Object.entries(one)) {
      const kind = UNDER.get(name)
      if (kind) found[kind].push(...[inner].flat().filter((id) => typeof id === 'string'))
      walk(inner)
    }
  }
  walk(body)
  return found
}

/** @throws Refusal, a 404, where something is referred to that the account does not have */
export function refer(had: Had, body: unknown): Referred {
  const found = referredIn(body)
  const { files, vectorStores, containers, conversations, responses } = had
  const inContainers = (id: string) => containers.values().some((one) => containers.beside(one.id).has(id))
  for (const id of found.files) if (!files.has(id) && !inContainers(id)) throw missing.file(id)
  for (const id of found.vectorStores) vectorStores.get(id)
  for (const id of found.containers) containers.get(id)
  for (const id of found.conversations) conversations.get(id)
  for (const id of found.responses) responses.get(id)
  const inConversations = (id: string) => conversations.values().some((one) => conversations.beside(one.id).has(id))
  const answered = (id: string) => responses.values().some(({ output }) => output.some((item) => item.id === id))
  for (const id of found.items) if (!inConversations(id) && !answered(id)) throw missing.item(id)
  return found
}
