import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../..')
const MOST = 400
/** Of the files of src/ that are no tests: lines that half of them stay below, nine in ten, and all. */
const PROGRAM = { median: 65, p90: 180, max: 350 }

test('no file of src/, test/ or console/ is over 400 lines', (t) => {
  const kinds = ['src/**/*.ts', 'test/**/*.ts', 'console/src/**/*.{ts,tsx}']
  const files = globSync(kinds, { cwd: root, exclude: ['**/node_modules/**'] })
  const sizes = files.map((file) => ({ file, lines: readFileSync(join(root, file), 'utf8').split('\n').length - 1 }))
  for (const folder of ['src', 'test', 'console']) {
    const lines = sizes.filter(({ file }) => file.startsWith(folder)).map((size) => size.lines)
    t.diagnostic(`${folder}/: ${lines.length} files, median ${quantile(lines, 0.5)} lines, p90 ${quantile(lines, 0.9)}`)
  }
  assert.ok(files.length > 0)
  assert.deepEqual(
    sizes.filter(({ lines }) => lines > MOST),
    [],
  )
})

test('the files of src/ are small: half of them very, and nearly all', (t) => {
  const files = globSync('src/**/*.ts', { cwd: root }).filter((file) => !file.endsWith('.test.ts'))
  const lines = files.map((file) => readFileSync(join(root, file), 'utf8').split('\n').length - 1)
  const sizes = { median: quantile(lines, 0.5), p90: quantile(lines, 0.9), max: quantile(lines, 1) }
  t.diagnostic(`src/ without tests: median ${sizes.median} lines, p90 ${sizes.p90}, max ${sizes.max}`)
  assert.ok(sizes.median <= PROGRAM.median, `the median is ${sizes.median} lines`)
  assert.ok(sizes.p90 <= PROGRAM.p90, `p90 is ${sizes.p90} lines`)
  assert.ok(sizes.max <= PROGRAM.max, `the longest has ${sizes.max} lines`)
})

/** The smallest value that at least this share of the values does not exceed. */
function quantile(values: number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}
