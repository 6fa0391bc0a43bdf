import { execFile } from 'node:child_process'
import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
const root = join(import.meta.dirname, '../..')

/**
 * The commit whose processes must work on beside this version's, on one PostgreSQL. It moves forward when a migration contracts:
 * when the database says that this one can no longer work on it.
 */
export const PINNED = 'e6ce49a4fe1d9e563dbf2eeb0a3570215a6ca5dd'

/** Why that commit cannot be run here; false: it can. A packaged tree and a shallow clone have no history. */
export async function withoutPinned(): Promise<string | false> {
  const known = run('git', ['cat-file', '-e', `${PINNED}^{tree}`], { cwd: root })
  return known.then(
    () => false,
    () => `the history has no commit ${PINNED.slice(0, 7)}`,
  )
}

/** Its files in a folder of their own, with this checkout's packages. */
export async function checkOutPinned(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'gatehouse-earlier-'))
  const dispose = () => rm(path, { recursive: true, force: true, maxRetries: 3 })
  const archive = join(path, 'archive.tar')
  await run('git', ['archive', '--output', archive, PINNED, 'src', 'package.json'], { cwd: root })
  await run('tar', ['-xf', archive, '-C', path])
  await symlink(join(root, 'node_modules'), join(path, 'node_modules'))
  return { path, [Symbol.asyncDispose]: dispose }
}
