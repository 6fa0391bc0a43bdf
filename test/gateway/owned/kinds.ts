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
/** The containers of files that were made. */
const containerOf = new Map<string, string>()
const inFile = { type: 'container_file_citation', filename: 'x' }

export const kindTests: Record<string, KindTest> = {
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
}

/** The ids that stand in a path beside what it is about. */
type Beside = (name: IdName) => string | Promise<string>

/** What a client makes of each kind as it is wanted, where its test does not say what stands there. */
function madeBy(client: OpenAI, said: Partial<Record<string, string>>): Beside {
  const made = new Map<OwnedKind, Promise<string>>()
  return (name) => {
    const kind = idKinds[name].owned
    const make = kind === null ? undefined : kindTests[kind]?.make
    if (said[name] !== undefined || kind === null || make === undefined) return said[name] ?? NOTHING
    const before = made.get(kind) ?? make(client)
    made.set(kind, before)
    return before
  }
}

/** What stands beside something in the paths of whoever owns it. */
export async function besideOwn(kind: OwnedKind, id: string, client: OpenAI): Promise<Beside> {
  return madeBy(client, (await kindTests[kind]?.beside?.(id, client)) ?? {})
}

/** The same for who does not: things of its own. */
export const besideStrange = (client: OpenAI): Beside => madeBy(client, {})

const NOTHING = 'x_1'

/** Every route that is about one of a kind by its path. @param beside what else a path names: nothing that there is, if left out */
export async function waysTo(kind: OwnedKind, id: string, beside: Beside = () => NOTHING): Promise<Way[]> {
  const ways: Way[] = []
  for (const [what, { method, path, body }] of Object.entries(routes) as [string, Declaration][]) {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name as IdName)
    if (!names.some((name) => idKinds[name].owned === kind)) continue
    let named: string = path
    for (const name of names) named = named.replace(`{${name}}`, idKinds[name].owned === kind ? id : await beside(name))
    ways.push({
      what,
      method,
      path: named,
      ...(body.kind === 'object' && { body: {} }),
      ...(body.kind === 'upload' && { form: { [body.file]: null } }),
    })
  }
  return ways
}

/** Every list of a kind. */
export const listsOf = (kind: OwnedKind): string[] =>
  (Object.values(routes) as Declaration[]).flatMap(({ lists, path }) => (lists?.kind === kind ? [path] : []))

/** Whether a way ends what it is about. */
export function isEnd({ what }: Way, kind: OwnedKind): boolean {
  const { [what]: route }: Partial<Record<string, Declaration>> = routes
  const ends = route?.ends ?? null
  return ends !== null && idKinds[ends].owned === kind
}
