import { chmod, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { toFile } from 'openai'
import { startBucket, type TestBucket } from '../../support/bucket/bucket.ts'
import { DATABASE, type DatabaseKind, databases } from '../../support/databases.ts'
import type { TestAppOptions } from '../../support/harness.ts'
import { makeKey, startGate } from '../gate.ts'

export const MB = 1_048_576
export const text = (content: string | Buffer, name = 'a.txt') => toFile(Buffer.from(content), name)
/** Of a file that is not there. */
export const refused = (id: string, param: string | null = 'id') => ({
  status: 404,
  error: { message: `No such File object: ${id}`, type: 'invalid_request_error', param, code: null },
})

/** A folder for what a gate keeps, and what is in it. */
export async function keptFolder() {
  const parent = await mkdtemp(join(tmpdir(), 'gatehouse-kept-'))
  const path = join(parent, 'files')
  return {
    path,
    /** The paths of all that is in it, from there; of a shelf, or of all. */
    list: async (within = '') => (await readdir(join(path, within), { recursive: true }).catch(() => [])).sort(),
    async [Symbol.asyncDispose]() {
      await chmod(path, 0o700).catch(() => {})
      await rm(parent, { recursive: true, force: true })
    },
  }
}

export const storeKinds = ['folder', 'bucket'] as const
export type StoreKind = (typeof storeKinds)[number]
/** Both databases with a folder, and a bucket. */
export const everywhere: readonly (readonly [DatabaseKind, StoreKind])[] = [
  ...databases.map((database) => [database, 'folder'] as const),
  [DATABASE, 'bucket'],
]

/** Where a gate can keep things, and what of all that stands there tests look at. */
export type TestStore = {
  kind: StoreKind
  env: Record<string, string>
  /** What has been begun and is no thing yet, as far as others could see it. */
  drafts: () => Promise<string[]>
  /** The ids of files with a content. */
  contents: () => Promise<string[]>
  /** The parts of uploads. */
  parts: () => Promise<string[]>
  /** What is beside batches and within them, by the ends of the names. */
  besideBatches: (name: string) => Promise<string[]>
  /** When something was last written that `besideBatches` has found: any number that grows. */
  written: (found: string) => Promise<number>
}

export function folderStore(folder: Awaited<ReturnType<typeof keptFolder>>, path = folder.path): TestStore {
  return {
    kind: 'folder',
    env: { GATEHOUSE_FILES: path },
    drafts: () => folder.list('drafts'),
    contents: async () =>
      (await folder.list('files')).filter((one) => one.endsWith('content')).map((one) => one.split('/').at(-2) ?? ''),
    parts: async () => (await folder.list('uploads')).filter((one) => one.includes('part_')),
    besideBatches: async (name) => (await folder.list('batches')).filter((one) => one.endsWith(name)),
    written: async (found) => (await stat(join(folder.path, 'batches', found))).mtimeMs,
  }
}

/** A server in this process finds the bucket where the AWS SDK looks: in the environment of the process. */
export function bucketStore({ env, place, objects, asked }: TestBucket): TestStore {
  Object.assign(process.env, env)
  return {
    kind: 'bucket',
    env: { ...env, GATEHOUSE_FILES: place },
    drafts: async () => [...objects.uploads.values()].map(({ key }) => key),
    contents: async () =>
      objects
        .keys('gate/files/')
        .filter((key) => (objects.all.get(key)?.bytes ?? 0) > 8)
        .map((key) => key.slice(11)),
    parts: async () => objects.keys('gate/uploads/').filter((key) => key.includes('part_')),
    besideBatches: async (name) => objects.keys('gate/batches/').filter((key) => key.endsWith(name)),
    written: async (found) => asked.filter(({ name, key }) => name === 'PutObject' && key === found).length,
  }
}

/** A store of either kind, for as long as it is used. */
export async function keptStore(kind: StoreKind): Promise<TestStore & AsyncDisposable> {
  const own = kind === 'folder' ? await keptFolder() : await startBucket()
  const store = 'objects' in own ? bucketStore(own) : folderStore(own)
  return { ...store, [Symbol.asyncDispose]: () => own[Symbol.asyncDispose]() }
}

type KeptOptions = TestAppOptions & { folder?: string; store?: TestStore }

/** A gate that keeps files itself, before a model server that has chat completions and embeddings and nothing else, and two projects. */
export async function startKept({ folder, store, ...options }: KeptOptions = {}) {
  await using stack = new AsyncDisposableStack()
  const own = stack.use(await keptFolder())
  const kept = store ?? folderStore(own, folder)
  const gate = stack.use(await startGate({ ...options, env: { ...kept.env, ...options.env } }))
  const other = await makeKey(gate.app)
  const rest = stack.move()
  return {
    ...gate,
    folder: own,
    store: kept,
    a: { key: gate.key, projectId: gate.projectId, client: gate.app.client(gate.key) },
    b: { ...other, client: gate.app.client(other.key) },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}

/** The thing with this id in a folder of the gate's. */
export const placeOf = (folder: { path: string }, id: string) =>
  join(folder.path, id.startsWith('file-') ? 'files' : 'uploads', id.slice(-2), id)
