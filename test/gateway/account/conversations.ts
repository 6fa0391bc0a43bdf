import { Collection, newId, now, routesOf } from './collection.ts'
import { invalid, missing } from './errors.ts'
import type { Body, Routes } from './server.ts'

type Conversation = { id: string; object: 'conversation'; created_at: number; metadata: object }
export type Item = { id: string; type: string; [more: string]: unknown }
export type Conversations = Collection<Conversation, Collection<Item>>

/** How ids of items begin, by their type. */
const PREFIXES: Record<string, string> = { message: 'msg_', reasoning: 'rs_', function_call: 'fc_' }
const MOST_ITEMS = 20

export const newConversations = (): Conversations => new Collection(missing.conversation)

export function addConversation(conversations: Conversations, metadata: object = {}): Conversation {
  const [id, created_at] = [newId('conv_', 24), now()]
  return conversations.add({ id, object: 'conversation', created_at, metadata }, new Collection<Item>(missing.item))
}

/** An item as it is kept: with an id of its own, and its content in parts. */
export function itemOf(given: Body): Item {
  const type = given.type ?? 'message'
  const kind = given.role === 'assistant' ? 'output_text' : 'input_text'
  const content = typeof given.content === 'string' ? [{ type: kind, text: given.content }] : given.content
  const id = newId(PREFIXES[type] ?? 'item_', 24)
  return { ...given, id, type, status: 'completed', ...(content && { content }) }
}

/** @param refer hears of each body, and refuses what it refers to and the account does not have */
export function conversationRoutes(conversations: Conversations, refer: (body: Body) => void): Routes {
  const path = '/v1/conversations'
  const list = { usual: 20 }
  const added = (id: string, items: unknown) => {
    if (!Array.isArray(items) || items.length > MOST_ITEMS)
      throw invalid(`Expected up to ${MOST_ITEMS} items.`, 'items')
    return items.map((item) => conversations.beside(id).add(itemOf(item)))
  }
  return {
    ...routesOf<Conversation>(path, {
      of: () => conversations,
      deleted: 'conversation.deleted',
      change: ['metadata'],
    }),
    ...routesOf<Item>(`${path}/{id}/items`, {
      of: (id = '') => conversations.beside(id),
      list,
      deleted: (_, id = '') => conversations.get(id),
    }),
    [`POST ${path}`]: async ({ json }) => {
      const { items, metadata, ...more } = await json()
      refer({ items, ...more })
      const conversation = addConversation(conversations, metadata ?? {})
      added(conversation.id, items ?? [])
      return conversation
    },
    [`POST ${path}/{id}/items`]: async ({ ids: [id = ''], json }) => {
      const { items } = await json()
      conversations.get(id)
      refer({ items })
      const data = added(id, items)
      return { object: 'list', data, first_id: data[0]?.id, last_id: data.at(-1)?.id, has_more: false }
    },
  }
}
