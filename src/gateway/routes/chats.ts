import type { Declaration } from './declaration.ts'
import { bare, described, unmetered } from './parts.ts'

/** Of every route of stored chats: the gate alone sees what becomes whose, so that no proxy can carry them. */
const ofChats = {
  ...bare,
  ...unmetered,
  answeredBy: 'model_server',
  offered: 'chats',
  permission: 'api.model.request',
  check: 'not_offered',
} as const satisfies Partial<Declaration>

const one = '/v1/chat/completions/{completion_id}'

/** Chat completions that were made with `store` (openai 7.59), which are the project's that made them. */
export const chats = {
  'chat.completions.list': {
    ...ofChats,
    method: 'GET',
    path: '/v1/chat/completions',
    query: { after: 'text', limit: 'number', metadata: 'map', model: 'text', order: 'text' },
    lists: {
      kind: 'chat',
      one: '/chat/completions/{id}',
      narrowedBy: null,
      filters: ['model', 'metadata'],
      isLarge: true,
      order: { usual: 'asc', isFixed: false },
      limit: { usual: 20, most: 100 },
      goesBack: false,
    },
  },
  'chat.completions.retrieve': { ...ofChats, method: 'GET', path: one },
  'chat.completions.update': {
    ...ofChats,
    method: 'POST',
    path: one,
    body: described('metadata'),
  },
  'chat.completions.delete': { ...ofChats, method: 'DELETE', path: one, ends: 'completion_id' },
  'chat.completions.messages.list': {
    ...ofChats,
    method: 'GET',
    path: `${one}/messages`,
    query: { after: 'text', limit: 'number', order: 'text' },
  },
} as const satisfies Record<string, Declaration>
