import { UPSTREAM_KEY } from '../gate.ts'
import {
  addBatch,
  type Batch,
  type Batches,
  batchRoutes,
  type Moved,
  moveBatch,
  newBatches,
  type Status,
} from './batches.ts'
import { addChat, type Chats, chatRoutes, newChat, newChats } from './chats.ts'
import { addContainer, containerRoutes, newContainers } from './containers.ts'
import { addConversation, conversationRoutes, newConversations } from './conversations.ts'
import { type FileObject, fileRoutes, fillFiles, newFiles } from './files.ts'
import type { Moment } from './gates.ts'
import { modelRoutes } from './models.ts'
import { type Had, refer } from './references.ts'
import { addResponse, type Ended, endResponse, newResponses, responseRoutes } from './responses.ts'
import { startServer } from './server.ts'
import { newUploads, type Uploads, uploadRoutes } from './uploads.ts'
import { addVectorStore, detachEverywhere, newVectorStores, vectorStoreRoutes } from './vector-stores.ts'

/** How many objects of nobody there are of each kind. */
export type Nobody = Partial<
  Record<'files' | 'batches' | 'vectorStores' | 'containers' | 'conversations' | 'chats' | 'responses', number>
>
type Options = {
  key?: string
  models?: readonly string[]
  /** Contents of more bytes than this are not kept, but made again: 1 MiB if left out. */
  keptBytes?: number
  /** What is there before: made in the account itself and not through a gate. */
  nobody?: Nobody
  /** Whether who completes an upload again is told of its file. What the original says then is not known. */
  tellsAgain?: boolean
}

const OF_NOBODY = { endpoint: '/v1/responses', input_file_id: 'file-of-nobody' }

/**
 * An account with the original: what all who have its key make, anybody who has it can read, change, list and delete.
 * It keeps nothing of large files, whose content is to be `generated`.
 */
export async function startAccount(options: Options = {}) {
  const {
    key = UPSTREAM_KEY,
    models = ['gpt-4o-mini', 'm1'],
    nobody = {},
    keptBytes = 1_048_576,
    tellsAgain = false,
  } = options
  const had: Had & { uploads: Uploads; batches: Batches; chats: Chats } = {
    files: newFiles(),
    uploads: newUploads(),
    batches: newBatches(),
    vectorStores: newVectorStores(),
    containers: newContainers(),
    conversations: newConversations(),
    responses: newResponses(),
    chats: newChats(),
  }
  const { files, uploads, batches, vectorStores, containers, conversations, responses, chats } = had
  const routes = {
    ...modelRoutes(models),
    ...chatRoutes(chats, had, models),
    ...responseRoutes(had, models),
    ...fileRoutes(files, (id) => detachEverywhere(vectorStores, id)),
    ...uploadRoutes(uploads, files, { tellsAgain }),
    ...batchRoutes(batches, files),
    ...conversationRoutes(conversations, (body) => refer(had, body)),
    ...vectorStoreRoutes(vectorStores, files),
    ...containerRoutes(containers, files),
  }
  /** Makes that many of each kind, of nobody. @returns their ids, by kind */
  const fill = (wanted: Nobody) => ({
    files: fillFiles(files, wanted.files ?? 0).map(({ id }: FileObject) => id),
    batches: Array.from({ length: wanted.batches ?? 0 }, () => addBatch(batches, OF_NOBODY).id),
    chats: Array.from({ length: wanted.chats ?? 0 }, () => addChat(chats, newChat('m1', 'of nobody'), []).id),
    vectorStores: Array.from({ length: wanted.vectorStores ?? 0 }, () => addVectorStore(vectorStores).id),
    containers: Array.from({ length: wanted.containers ?? 0 }, () => addContainer(containers, { name: 'nobody' }).id),
    conversations: Array.from({ length: wanted.conversations ?? 0 }, () => addConversation(conversations).id),
    responses: Array.from({ length: wanted.responses ?? 0 }, () => addResponse(had, 'm1').id),
  })
  fill(nobody)
  const { url, requests, gates, [Symbol.asyncDispose]: dispose } = await startServer(routes, key, keptBytes)
  return {
    /** With `/v1`, as it stands in a gate's configuration. */
    url,
    key,
    /** What it was asked, in turn. */
    requests,
    /** What it has, for tests to look at and to change behind everybody's back. */
    ...had,
    fill,
    /** Moves a batch on: to its next state, or through several to the one that is named. */
    move: (batch: string, to?: Status, how?: Moved): Batch => moveBatch(batches, files, batch, to, how),
    /** Ends a response that was made in the background: none ends by itself. */
    endResponse: (id: string, status: Ended = 'completed') => endResponse(responses, id, status),
    /** Holds requests by a pattern such as `POST /v1/files*`, until it is released. */
    hold: (pattern: string, moment?: Moment) => gates.hold(pattern, moment),
    /** Fails them with a status; 0 cuts their connection. @returns what ends it */
    fail: (pattern: string, status: number, how?: { moment?: Moment; times?: number }) =>
      gates.fail(pattern, status, how),
    [Symbol.asyncDispose]: dispose,
  }
}

export type Account = Awaited<ReturnType<typeof startAccount>>
