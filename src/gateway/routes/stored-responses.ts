import type { Declaration } from './declaration.ts'
import { bare, unmetered } from './parts.ts'
import { shownEvent, shownItems, shownResponse } from './replies.ts'

const read = {
  ...bare,
  ...unmetered,
  method: 'GET',
  permission: 'api.responses.read',
  answeredBy: 'model_server',
} as const
const showsResponse = { kind: 'shows', whole: shownResponse, event: shownEvent } as const
const write = { ...bare, ...unmetered, permission: 'api.responses.write', answeredBy: 'model_server' } as const

/**
 * Responses that a model server keeps (openai 7.57), which are the project's that made them. One that is read again was metered
 * when it was made. The items that they show are the project's like themselves.
 */
export const storedResponses = {
  'responses.retrieve': {
    ...read,
    path: '/v1/responses/{response_id}',
    query: { include: 'list', include_obfuscation: 'switch', starting_after: 'number', stream: 'switch' },
    reply: showsResponse,
  },
  'responses.delete': { ...write, method: 'DELETE', path: '/v1/responses/{response_id}', ends: 'response_id' },
  'responses.cancel': {
    ...write,
    method: 'POST',
    path: '/v1/responses/{response_id}/cancel',
    reply: showsResponse,
  },
  'responses.inputItems.list': {
    ...read,
    path: '/v1/responses/{response_id}/input_items',
    query: { after: 'text', include: 'list', limit: 'number', order: 'text' },
    reply: { kind: 'shows', whole: shownItems, event: shownItems },
  },
} as const satisfies Record<string, Declaration>
