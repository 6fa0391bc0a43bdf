import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * A configuration file that makes these models known, plain or with what is said of each; what `GATEHOUSE_CONFIG` can name.
 * @param more what else it says
 */
export async function modelsFile(
  given: readonly string[] | Readonly<Record<string, object>>,
  more: object = {},
): Promise<AsyncDisposable & { path: string }> {
  const models = Array.isArray(given) ? Object.fromEntries(given.map((id) => [id, {}])) : given
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-models-'))
  const path = join(folder, 'config.json')
  await writeFile(path, JSON.stringify({ ...more, models }))
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
}
