import type { Declaration } from './declaration.ts'
import { bare, described, unmetered } from './parts.ts'
import { shownItem, shownItems } from './replies.ts'

/** Of every route of conversations: the gate alone sees what becomes whose, so that no proxy can carry them. */
const ofConversations = {
  ...bare,
  ...unmetered,
  answeredBy: 'model_server',
  offered: 'conversations',
  check: 'not_offered',
} as const satisfies Partial<Declaration>
const read = { ...ofConversations, method: 'GET', permission: 'api.responses.read' } as const
const write = { ...ofConversations, method: 'POST', permission: 'api.responses.write' } as const
const end = { ...write, method: 'DELETE' } as const

const one = '/v1/conversations/{conversation_id}'

/**
 * Conversations (openai 7.59), which are the project's that began them, and their items, which are its own like those of responses. A
 * conversation is wholly its project's, so that the list of its items is the model server's own.
 */
export const conversations = {
  'conversations.create': {
    ...write,
    path: '/v1/conversations',
    body: { ...described('items', 'metadata'), items: 'items' },
    brings: [{ kind: 'conversation', at: 'id', label: null }],
  },
  'conversations.retrieve': { ...read, path: one },
  'conversations.update': {
    ...write,
    path: one,
    body: described('metadata'),
  },
  'conversations.delete': { ...end, path: one, ends: 'conversation_id' },
  'conversations.items.create': {
    ...write,
    path: `${one}/items`,
    query: { include: 'list' },
    body: { ...described('items'), items: 'items' },
    reply: { kind: 'shows', whole: shownItems, event: shownItems },
  },
  'conversations.items.list': {
    ...read,
    path: `${one}/items`,
    query: { after: 'text', include: 'list', limit: 'number', order: 'text' },
    reply: { kind: 'shows', whole: shownItems, event: shownItems },
  },
  'conversations.items.retrieve': {
    ...read,
    path: `${one}/items/{item_id}`,
    query: { include: 'list' },
    reply: { kind: 'shows', whole: shownItem, event: shownItem },
  },
  'conversations.items.delete': { ...end, path: `${one}/items/{item_id}`, ends: 'item_id' },
} as const satisfies Record<string, Declaration>
