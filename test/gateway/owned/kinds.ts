import type { OpenAI } from 'openai'
import { toFile } from 'openai'
import type { OwnedKind } from '../../../src/core/owned.ts'
import { kinds } from '../../../src/gateway/kinds/kinds.ts'
import { type IdName, idKinds } from '../../../src/gateway/routes/ids.ts'
import { until } from '../../support/until.ts'
import type { Account } from '../account/account.ts'
import { itemOf } from '../account/conversations.ts'
import { addUpload } from '../account/uploads.ts'

/*
 * What there is to know of a kind for its tests to run by themselves: how one is made, and the bodies that can name one. Its routes are those of
 * the table.
 */

/** A call that is about something, or names it: with JSON, or a form with these texts, and a small file where one says null. */
export type Way = {
  what: string
  method: string
  path: string
  body?: object
  form?: Record<string, string | null>
}

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

/** Kinds of what the gate keeps itself, of which no upstream's account has anything. */
const ownKinds = ['batch', 'webhook_endpoint'] as const
/** Everything that is a project's alone and has an id. */
export type Kind = OwnedKind | (typeof ownKinds)[number]

/** What an id in a path names; null: nothing that is a project's. */
export const kindOf = (name: IdName): Kind | null =>
  idKinds[name].owned ?? ownKinds.find((kind) => name === `${kind}_id`) ?? null

/** Whether a model server keeps such things, and is asked for them. */
export const isKeptElsewhere = (kind: Kind): kind is OwnedKind => kind in kinds

/** Kinds that upstreams offer. */
export const offeredKinds = (Object.keys(kinds) as OwnedKind[]).filter((kind) => kinds[kind].offered !== null)

const post = (what: string, path: string, body: object): Way => ({ what, method: 'POST', path, body })
const input = (...items: object[]) => ({ model: 'm1', input: items })
const said = (...content: object[]) => input({ role: 'user', content })

const toRespond = ['/v1/responses', '/v1/responses/compact', '/v1/responses/input_tokens']

/** Bodies of the routes that take a response's input. */
const responded = (what: string, body: object): Way[] => toRespond.map((path) => post(`${what} to ${path}`, path, body))

/** Responses with a tool, in each place where tools stand. */
const tooled = (what: string, tool: object): Way[] => {
  const asked = { role: 'user', content: 'x' }
  return [
    ...responded(what, { ...input(asked), tools: [tool] }),
    ...responded(`${what} within a namespace`, {
      ...input(asked),
      tools: [{ type: 'namespace', name: 'n', description: 'x', tools: [tool] }],
    }),
    ...responded(
      `${what} that was found`,
      input(asked, { type: 'tool_search_output', call_id: 'c_1', execution: 'client', tools: [tool] }),
    ),
    ...responded(`${what} among more`, input(asked, { type: 'additional_tools', role: 'developer', tools: [tool] })),
  ]
}

const upload = { bytes: 1, filename: 'x.txt', mime_type: 'text/plain', purpose: 'user_data' } as const

async function fileOf({ files }: OpenAI): Promise<string> {
  return (await files.create({ file: await toFile(Buffer.from('of its project'), 'a.txt'), purpose: 'user_data' })).id
}

/** Bodies that put a file into a store of whoever asks. */
async function inStore(id: string, { vectorStores }: OpenAI): Promise<Way[]> {
  const path = `/v1/vector_stores/${(await vectorStores.create({})).id}`
  return [
    post('in a store', `${path}/files`, { file_id: id, attributes: { file_id: 'of its own' } }),
    post('in a batch of a store', `${path}/file_batches`, { file_ids: [id] }),
    post('in a list of such', `${path}/file_batches`, { files: [{ file_id: id, attributes: { a: 1 } }] }),
  ]
}

/** Bodies that put a file into a container of whoever asks. */
async function inContainer(id: string, { containers }: OpenAI): Promise<Way[]> {
  const path = `/v1/containers/${(await containers.create({ name: 'x' })).id}/files`
  return [
    post('in a new container', '/v1/containers', { name: 'x', file_ids: [id] }),
    post('in a container', path, { file_id: id }),
    { what: 'in a container by a form', method: 'POST', path, form: { file_id: id } },
  ]
}

/** An answer that is replayed, with a text that names something by the way. */
const citing = (annotation: object) =>
  input({
    ...{ type: 'message', role: 'assistant', id: 'msg_1', status: 'completed' },
    content: [{ type: 'output_text', text: 'x', annotations: [{ start_index: 0, end_index: 0, ...annotation }] }],
  })
/** What files and items that were made are in. */
const containerOf = new Map<string, string>()
const conversationOf = new Map<string, string>()
const inFile = { type: 'container_file_citation', filename: 'x' }

export const kindTests: Record<Kind, KindTest> = {
  response: {
    make: async ({ responses }) => (await responses.create({ model: 'm1', input: 'x' })).id,
    nobodys: (account) => account.fill({ responses: 1 }).responses[0] ?? '',
    named: (id) => [
      ...responded('one to go on from', { model: 'm1', input: 'x', previous_response_id: id }),
      ...responded('one to compare with', {
        ...{ model: 'm1', input: 'x', prompt_cache_options: { comparison_response_id: id } },
      }),
    ],
  },
  item: {
    make: async ({ conversations }) => {
      const { id } = await conversations.create({})
      const { data } = await conversations.items.create(id, { items: [{ role: 'user', content: 'x' }] })
      conversationOf.set(data[0]?.id ?? '', id)
      return data[0]?.id ?? ''
    },
    beside: async (id) => ({ conversation_id: conversationOf.get(id) ?? '' }),
    nobodys: ({ conversations, fill }) => {
      const [id = ''] = fill({ conversations: 1 }).conversations
      return conversations.beside(id).add(itemOf({ role: 'user', content: 'x' })).id
    },
    named: (id) => responded('a reference', input({ role: 'user', content: 'x' }, { type: 'item_reference', id })),
  },
  file: {
    make: fileOf,
    nobodys: (account) => account.fill({ files: 1 }).files[0] ?? '',
    named: async (id, client) => [
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
      ...tooled('an interpreter', { type: 'code_interpreter', container: { type: 'auto', file_ids: [id] } }),
      ...tooled('a shell', { type: 'shell', environment: { type: 'container_auto', file_ids: [id] } }),
      ...tooled('a mask', { type: 'image_generation', input_image_mask: { file_id: id } }),
      post('an image to edit', '/v1/images/edits', { model: 'm1', prompt: 'x', images: [{ file_id: id }] }),
      post('its mask', '/v1/images/edits', { model: 'm1', prompt: 'x', images: [], mask: { file_id: id } }),
      post('in a new store', '/v1/vector_stores', { name: 'x', file_ids: [id] }),
      ...(await inStore(id, client)),
      ...(await inContainer(id, client)),
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
  vector_store: {
    make: async (client) => (await client.vectorStores.create({ name: 'of its project' })).id,
    nobodys: (account) => account.fill({ vectorStores: 1 }).vectorStores[0] ?? '',
    named: (id) => tooled('a search', { type: 'file_search', vector_store_ids: [id] }),
  },
  vector_store_file_batch: {
    make: async (client) => {
      const { id } = await client.vectorStores.create({})
      const file_ids = [await fileOf(client)]
      return (await client.vectorStores.fileBatches.create(id, { file_ids })).id
    },
    nobodys: () => 'vsfb_nobodys0000',
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
  container: {
    make: async (client) => (await client.containers.create({ name: 'of its project' })).id,
    nobodys: (account) => account.fill({ containers: 1 }).containers[0] ?? '',
    named: (id) => [
      ...tooled('an interpreter in one', { type: 'code_interpreter', container: id }),
      ...tooled('a shell in one', { type: 'shell', environment: { type: 'container_reference', container_id: id } }),
      ...responded('a citation of one', citing({ ...inFile, container_id: id })),
      ...responded(
        'what was run in one',
        input({
          type: 'code_interpreter_call',
          id: 'ci_1',
          status: 'completed',
          code: 'x',
          outputs: null,
          container_id: id,
        }),
      ),
      ...responded(
        'a shell that was in one',
        input({
          ...{ type: 'shell_call', id: 'sh_1', call_id: 'c_1', status: 'completed', action: { commands: ['x'] } },
          environment: { type: 'container_reference', container_id: id },
        }),
      ),
    ],
  },
  container_file: {
    make: async (client) => {
      const { id } = await client.containers.create({ name: 'x' })
      const file = await client.containers.files.create(id, { file: await toFile(Buffer.from('x'), 'x.txt') })
      containerOf.set(file.id, id)
      return file.id
    },
    beside: async (id) => ({ container_id: containerOf.get(id) ?? '' }),
    nobodys: () => 'cfile_nobodys0000',
    named: async (id, { containers }) => {
      const container_id = (await containers.create({ name: 'x' })).id
      return responded('a citation of one', citing({ ...inFile, container_id, file_id: id }))
    },
  },
  // One that is over, so that nobody goes on asking its upstream.
  batch: {
    make: async ({ batches, files }) => {
      const { id: input_file_id } = await files.create({
        ...{ file: await toFile(Buffer.from('no line'), 'in.jsonl'), purpose: 'batch' },
      })
      const { id } = await batches.create({ input_file_id, endpoint: '/v1/responses', completion_window: '24h' })
      await until(async () => (await batches.retrieve(id)).status === 'failed', 'the batch to fail')
      return id
    },
    nobodys: (account) => account.fill({ batches: 1 }).batches[0] ?? '',
    named: () => [],
  },
  webhook_endpoint: {
    make: async ({ webhooks }) =>
      (await webhooks.create({ name: 'x', url: 'https://hooks.invalid/', event_types: ['batch.completed'] })).id,
    nobodys: () => 'whe_nobodys00000000000000000',
    named: () => [],
  },
}
