import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestAppOptions } from '../../support/harness.ts'
import { makeKey, startGate } from '../gate.ts'

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

/** A gate that keeps files itself, before a model server that has chat completions and embeddings and nothing else, and two projects. */
export async function startKept({ folder, ...options }: TestAppOptions & { folder?: string } = {}) {
  await using stack = new AsyncDisposableStack()
  const own = stack.use(await keptFolder())
  const gate = stack.use(await startGate({ ...options, env: { GATEHOUSE_FILES: folder ?? own.path, ...options.env } }))
  const other = await makeKey(gate.app)
  const rest = stack.move()
  return {
    ...gate,
    folder: own,
    a: { key: gate.key, projectId: gate.projectId, client: gate.app.client(gate.key) },
    b: { ...other, client: gate.app.client(other.key) },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}

/** The thing with this id in a folder of the gate's. */
export const placeOf = (folder: { path: string }, id: string) =>
  join(folder.path, id.startsWith('file-') ? 'files' : 'uploads', id.slice(-2), id)
