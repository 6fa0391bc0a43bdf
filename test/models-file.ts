import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A configuration file that makes these models known; what `GATEHOUSE_CONFIG` can name. */
export async function modelsFile(ids: readonly string[]): Promise<AsyncDisposable & { path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-models-'))
  const path = join(folder, 'config.json')
  await writeFile(path, JSON.stringify({ models: Object.fromEntries(ids.map((id) => [id, {}])) }))
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}
