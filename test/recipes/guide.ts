import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, matchesGlob } from 'node:path'
import type { Scratch } from '../support/scratch.ts'

const guide = readFileSync(join(import.meta.dirname, '../../CONTRIBUTING.md'), 'utf8')

/** The files that the numbered steps of a section of CONTRIBUTING.md name, `<name>` standing for anything. */
function filesOf(section: string): string[] {
  const [, text = ''] = guide.split(`\n## ${section}\n`)
  const [steps = ''] = text.split('\n## ')
  const numbered = steps.match(/^\d\. (?:.*\n)(?: {3}.*\n)*/gm) ?? []
  const named = numbered.flatMap((step) => [...step.matchAll(/`((?:src|test)\/[^`]+)`/g)].map(([, path = '']) => path))
  return named.map((path) => path.replace(/<[^>]+>/g, '*'))
}

/** What following a section took. Fails where it was other files than the section names. */
export function taken(tree: Scratch, section: string): { lines: number; files: number } {
  const changes = tree.changes()
  const named = filesOf(section)
  assert.deepEqual(
    changes.filter(({ file }) => !named.some((pattern) => matchesGlob(file, pattern))),
    [],
    'changed, and not named',
  )
  assert.deepEqual(
    named.filter((pattern) => !changes.some(({ file }) => matchesGlob(file, pattern))),
    [],
    'named, and not needed',
  )
  const lines = changes.filter(({ file }) => file.startsWith('src/')).reduce((sum, change) => sum + change.lines, 0)
  return { lines, files: changes.length }
}
