/*
 * What `npm run test:cluster` runs: the tests of several processes, and then the gate's own tests once more with each further way to
 * count and to serve. `npm run test:cluster -- nodes` runs the first alone; the other parts have their names below.
 */
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { openRun, type RunOptions } from '../support/run-files.ts'

const filesOf = (pattern: string) =>
  globSync(pattern, { cwd: join(import.meta.dirname, '../..') }).map((file) => file.replaceAll('\\', '/'))

type Part = { files: string; options: RunOptions }

/** Nodes that are killed are timed: one file at a time. */
const parts: Record<string, Part> = {
  nodes: { files: 'test/cluster/*.test.ts', options: { concurrency: 1 } },
}

const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !Object.hasOwn(parts, name))
if (unknown.length > 0) {
  process.stderr.write(`No part is called '${unknown.join("' or '")}'. The parts: ${Object.keys(parts).join(', ')}.\n`)
  process.exitCode = 1
} else {
  await using run = await openRun()
  for (const [name, { files, options }] of Object.entries(parts)) {
    if (asked.length > 0 && !asked.includes(name)) continue
    process.stdout.write(`== ${name}\n`)
    await run.files(filesOf(files), options)
  }
}
