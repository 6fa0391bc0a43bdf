/*
 * What `npm test` runs: `npm test` every test file, `npm test -- gateway limits` those whose path holds one of the words. What
 * takes several processes and minutes is left to `npm run test:cluster`.
 */
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { openRun } from './support/run-files.ts'

const words = process.argv.slice(2)
const all = globSync(['src/**/*.test.ts', 'test/**/*.test.ts'], {
  cwd: join(import.meta.dirname, '..'),
  exclude: ['**/node_modules/**', 'test/cluster/**'],
}).map((file) => file.replaceAll('\\', '/'))
const strange = words.filter((word) => !all.some((file) => file.includes(word)))
const files = words.length === 0 ? all : all.filter((file) => words.some((word) => file.includes(word)))

if (strange.length > 0) {
  process.stderr.write(`No test file has '${strange.join("' or '")}' in its path.\n`)
  process.exitCode = 1
} else {
  await using run = await openRun()
  await run.files(files)
}
