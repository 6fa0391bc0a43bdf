import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { gatehouse } from '../process/gatehouse.ts'

const readme = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')
const help = (await gatehouse(['help'])).stdout

/** The first cells of a section's table, without their quotes. */
function firstCells(heading: string): string[] {
  const [, section = ''] = new RegExp(`^## ${heading}\\n([\\s\\S]*?)(?=^## )`, 'm').exec(readme) ?? []
  return [...section.matchAll(/^\| `((?:[^`\\]|\\\|)+)` \|/gm)].map(([, cell = '']) => cell.replaceAll('\\|', '|'))
}

test('the README lists exactly the settings that there are', () => {
  const [, flags = ''] = /^ {2}(--host .*)$/m.exec(help) ?? []
  const settings = flags.split(' ').map((flag) => `GATEHOUSE_${flag.slice(2).toUpperCase().replaceAll('-', '_')}`)
  assert.ok(settings.includes('GATEHOUSE_PORT'))
  assert.deepEqual(firstCells('Settings').sort(), settings.sort())
})

test('the README lists exactly the commands that there are, as help does', () => {
  const commands = [...help.matchAll(/^ {2}gatehouse (.*)$/gm)].map(([, usage]) => usage)
  assert.ok(commands.length >= 8)
  assert.deepEqual(firstCells('Command line').sort(), commands.sort())
})
