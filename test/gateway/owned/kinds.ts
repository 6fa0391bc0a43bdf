import type { OpenAI } from 'openai'
import { toFile } from 'openai'
import type { OwnedKind } from '../../../src/core/owned.ts'
import { kinds } from '../../../src/gateway/kinds/kinds.ts'
import type { Declaration } from '../../../src/gateway/routes/declaration.ts'
import { type IdName, idKinds } from '../../../src/gateway/routes/ids.ts'
import { routes } from '../../../src/gateway/routes/table.ts'
import type { Account } from '../account/account.ts'
import { addUpload } from '../account/uploads.ts'

/*
 * What there is to know of a kind for its tests to run by themselves: how one is made, and the bodies that can name one. Its routes are those of
 * the table.
 */

/** A call that is about something, or names it. */
export type Way = { what: string; method: string; path: string; body?: object; form?: true }

type KindTest = {
  /** Makes one as the official client does. @returns its id */
  make: (client: OpenAI) => Promise<string>
  /** Makes one in the account itself, which no project has ever seen. @returns its id */
  nobodys: (account: Account) => string
  /** What else stands in the paths of its routes, by the kind of its id; `x_1` where left out. */
  beside?: (id: string, client: OpenAI) => Promise<Record<string, string>>
  /** Bodies that name one, of every shape that the original has. @param client who is to name it */
  named: (id: string, client: OpenAI) => Way[] | Promise<Way[]>
}

/** Kinds that upstreams offer. */
export const offeredKinds = (Object.keys(kinds) as OwnedKind[]).filter((kind) => kinds[kind].offered !== null)

const post = (what: string, path: string, body: object): Way => ({ what, method: 'POST', path, body })
const input = (...items: object[]) => ({ model: 'm1', input: items })
const said = (...content: object[]) => input({ role: 'user', content })

/** Bodies of the routes that take a response's input. */
const responded = (what: string, body: object): Way[] =>
  ['/v1/responses', '/v1/responses/compact', '/v1/responses/input_tokens'].map((path) =>
    post(`${what} to ${path}`, path, body),
  )

const upload = { bytes: 1, filename: 'x.txt', mime_type: 'text/plain', purpose: 'user_data' } as const

export const kindTests: Record<string, KindTest> = {
  file: {
    make: async (client) =>
      (await client.files.create({ file: await toFile(Buffer.from('of its project'), 'a.txt'), purpose: 'user_data' }))
        .id,
    nobodys: (account) => account.fill({ files: 1 }).files[0] ?? '',
    named: (id) => [
      post('a file in a chat', '/v1/chat/completions', {
        model: 'm1',
        messages: [{ role: 'user', content: [{ type: 'file', file: { file_id: id } }] }],
      }),
      ...responded('a file', said({ type: 'input_file', file_id: id })),
      ...responded('an image', said({ type: 'input_image', file_id: id, detail: 'auto' })),
      ...responded(
        'a citation',
        input({
          ...{ type: 'message', role: 'assistant', id: 'msg_1', status: 'completed' },
          content: [
            {
              type: 'output_text',
              text: 'x',
              annotations: [{ type: 'file_citation', file_id: id, filename: 'a', index: 0 }],
            },
          ],
        }),
      ),
      ...responded(
        'what a function found',
        input({
          ...{ type: 'function_call_output', call_id: 'call_1' },
          output: [{ type: 'input_file', file_id: id }],
        }),
      ),
      ...responded(
        'what a tool of one own found',
        input({
          ...{ type: 'custom_tool_call_output', call_id: 'call_1' },
          output: [{ type: 'input_image', file_id: id, detail: 'auto' }],
        }),
      ),
      ...responded(
        'what a computer shows',
        input({
          ...{ type: 'computer_call_output', call_id: 'call_1' },
          output: { type: 'computer_screenshot', file_id: id },
        }),
      ),
      ...responded(
        'what was searched',
        input({
          ...{ type: 'file_search_call', id: 'fs_1', queries: ['x'], status: 'completed' },
          results: [{ file_id: id, text: 'x' }],
        }),
      ),
      ...responded('an interpreter', {
        ...input({ role: 'user', content: 'x' }),
        tools: [{ type: 'code_interpreter', container: { type: 'auto', file_ids: [id] } }],
      }),
      ...responded('a mask', {
        ...input({ role: 'user', content: 'x' }),
        tools: [{ type: 'image_generation', input_image_mask: { file_id: id } }],
      }),
      post('an image to edit', '/v1/images/edits', { model: 'm1', prompt: 'x', images: [{ file_id: id }] }),
      post('its mask', '/v1/images/edits', { model: 'm1', prompt: 'x', images: [], mask: { file_id: id } }),
    ],
  },
  upload: {
    make: async (client) => (await client.uploads.create(upload)).id,
    nobodys: (account) => addUpload(account.uploads, upload).id,
    named: () => [],
  },
  part: {
    make: async (client) => {
      const { id } = await client.uploads.create(upload)
      return (await client.uploads.parts.create(id, { data: await toFile(Buffer.from('x'), 'x') })).id
    },
    nobodys: () => 'part_nobodys0000',
    named: async (id, client) => [
      post('a part', `/v1/uploads/${(await client.uploads.create(upload)).id}/complete`, { part_ids: [id] }),
    ],
  },
  chat: {
    make: async (client) => {
      const messages = [{ role: 'user' as const, content: 'x' }]
      const { id } = await client.chat.completions.create({ model: 'm1', messages, store: true })
      // From then on it is written, for other servers to know.
      await client.chat.completions.list()
      return id
    },
    nobodys: (account) => account.fill({ chats: 1 }).chats[0] ?? '',
    named: () => [],
  },
  conversation: {
    make: async (client) => (await client.conversations.create({ items: [{ role: 'user', content: 'x' }] })).id,
    nobodys: (account) => account.fill({ conversations: 1 }).conversations[0] ?? '',
    beside: async (id, client) => {
      const items = await client.conversations.items.create(id, { items: [{ role: 'user', content: 'x' }] })
      return { item_id: items.data[0]?.id ?? '' }
    },
    named: (id) =>
      ['/v1/responses', '/v1/responses/input_tokens'].flatMap((path) =>
        [id, { id }].map((conversation) =>
          post(`a conversation to ${path}`, path, { model: 'm1', input: 'x', conversation }),
        ),
      ),
  },
}

/** Every route that is about one of a kind by its path. @param beside what else stands in one */
export function waysTo(kind: OwnedKind, id: string, beside: Record<string, string> = {}): Way[] {
  return (Object.entries(routes) as [string, Declaration][]).flatMap(([what, { method, path, body }]) => {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name as IdName)
    if (!names.some((name) => idKinds[name].owned === kind)) return []
    const named = path.replace(/\{(\w+)\}/g, (_, name: IdName) =>
      idKinds[name].owned === kind ? id : (beside[name] ?? 'x_1'),
    )
    return [
      {
        what,
        method,
        path: named,
        ...(body.kind === 'object' && { body: {} }),
        ...(body.kind === 'upload' && { form: true as const }),
      },
    ]
  })
}

/** Every list of a kind. */
export const listsOf = (kind: OwnedKind): string[] =>
  (Object.values(routes) as Declaration[]).flatMap(({ lists, path }) => (lists?.kind === kind ? [path] : []))

/** Whether a way ends what it is about. */
export const isEnd = ({ method }: Way) => method === 'DELETE'
