import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { longest } from '../support/longest.ts'

const root = join(import.meta.dirname, '../..')

test('a word that is in no path of a test file ends npm test with exit code 1, and says so', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['test/run.ts', 'house', 'no-such-word'], {
    cwd: root,
  })
  assert.deepEqual([status, `${stdout}`], [1, ''])
  assert.equal(`${stderr}`, "No test file has 'no-such-word' in its path.\n")
})

test('every file that npm test begins early is there', () => {
  assert.deepEqual(
    longest.filter((file) => !existsSync(join(root, file))),
    [],
  )
})
