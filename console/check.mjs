/*
 * Checks the console's types, as a part of `npm run check`. Where a pull has brought packages that are not installed yet it says so, and
 * checks nothing: what has no file of the console in it can be checked all the same. After `npm ci` they are there.
 */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

const root = join(import.meta.dirname, '..')
const missing = ['react', 'vite', 'playwright-core', 'axe-core', '@mantine/core'].filter(
  (name) => !existsSync(join(root, 'node_modules', name)),
)
if (missing.length > 0) {
  process.stdout.write(
    `The types of the console were NOT checked: ${missing.join(', ')} are not installed. Run npm ci.\n`,
  )
} else {
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  process.exitCode = spawnSync(process.execPath, [tsc, '-p', import.meta.dirname], { stdio: 'inherit' }).status ?? 1
}
