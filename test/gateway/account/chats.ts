import { Collection, newId, now, routesOf } from './collection.ts'
import { missing } from './errors.ts'
import { checked, said } from './models.ts'
import type { Had } from './references.ts'
import { type Body, EVENTS, type Routes } from './server.ts'
import { chatUsage } from './usage.ts'

type Message = { id: string; role: string; content: unknown; name: string | null; content_parts: unknown }
type Chat = {
  id: string
  object: 'chat.completion'
  model: string
  metadata: Record<string, string>
  [more: string]: unknown
}
/** Those that were made with `store`, and beside each its messages. */
export type Chats = Collection<Chat, Collection<Message>>

const USAGE = chatUsage({ input: 10, output: 5 })
const PATH = '/v1/chat/completions'

export const newChats = (): Chats => new Collection(missing.chat)

/** @param asked the messages */
export function addChat(chats: Chats, chat: Chat, asked: readonly Body[]): Chat {
  const messages = new Collection<Message>(missing.item)
  asked.forEach(({ role, content, name = null }, index) => {
    const parts = Array.isArray(content)
    messages.add({
      id: `${chat.id}-${index}`,
      role,
      name,
      content: parts ? null : content,
      content_parts: parts ? content : null,
    })
  })
  return chats.add(chat, messages)
}

function asks(query: URLSearchParams, { model, metadata }: Chat): boolean {
  const wanted = [...query].flatMap(([name, value]) => {
    const key = /^metadata\[(.*)\]$/.exec(name)?.[1]
    return key === undefined ? [] : [[key, value] as const]
  })
  const right = !query.has('model') || query.get('model') === model
  // It may have been changed to anything.
  return right && wanted.every(([key, value]) => Object(metadata)[key] === value)
}

export function newChat(model: string, content: string, metadata: Record<string, string> = {}): Chat {
  const choices = [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content, refusal: null } }]
  return { id: newId('chatcmpl-'), object: 'chat.completion', created: now(), model, choices, usage: USAGE, metadata }
}

export function chatRoutes(chats: Chats, had: Had, models: readonly string[]): Routes {
  return {
    ...routesOf<Chat>(PATH, {
      of: () => chats,
      list: { order: 'asc', asks },
      deleted: 'chat.completion.deleted',
      change: ['metadata'],
    }),
    [`GET ${PATH}/{id}/messages`]: ({ ids: [id = ''], query }) => chats.beside(id).list(query, { order: 'asc' }),
    [`POST ${PATH}`]: async ({ json, response }) => {
      const body = await json()
      const content = said(checked(had, body, models))
      const chat = newChat(body.model, content, body.metadata ?? {})
      if (body.store) addChat(chats, chat, body.messages ?? [])
      const { metadata, ...answer } = chat
      if (!body.stream) return body.store ? chat : answer
      const { id, created, model } = chat
      const chunk = { id, created, model, object: 'chat.completion.chunk' }
      const choices = [{ index: 0, finish_reason: 'stop', delta: { role: 'assistant', content } }]
      const chunks = [
        { ...chunk, choices },
        ...(body.stream_options?.include_usage ? [{ ...chunk, choices: [], usage: USAGE }] : []),
      ]
      response.writeHead(200, EVENTS)
      for (const one of chunks) response.write(`data: ${JSON.stringify(one)}\n\n`)
      return void response.end('data: [DONE]\n\n')
    },
  }
}
