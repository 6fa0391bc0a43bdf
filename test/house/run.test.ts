import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { longest } from '../support/longest.ts'
import { SHARED_DATABASES } from '../support/shared-databases.ts'

const root = join(import.meta.dirname, '../..')

test('a word that is in no path of a test file ends npm test with exit code 1, and says so', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['test/run.ts', 'house', 'no-such-word'], {
    cwd: root,
  })
  assert.deepEqual([status, `${stdout}`], [1, ''])
  assert.equal(`${stderr}`, "No test file has 'no-such-word' in its path.\n")
})

test('a test that fails ends npm test with exit code 1, a PostgreSQL beside it or not, and its last lines say which', () => {
  const file = join(root, 'test/house/fails-on-purpose.test.ts')
  const lines = [
    "import { describe, test } from 'node:test'",
    `describe('among others', () => {`,
    "  test('it passes', () => {})",
    "  test('it fails', async () => {",
    `    await fetch(process.env.${SHARED_DATABASES} ?? '')`,
    "    throw new Error('on purpose')",
    '  })',
    '})',
  ]
  writeFileSync(file, lines.join('\n'))
  try {
    const env = { ...process.env, NODE_TEST_CONTEXT: undefined }
    const { status, stdout } = spawnSync(process.execPath, ['test/run.ts', 'fails-on-purpose'], { cwd: root, env })
    assert.match(`${stdout}`, /on purpose/)
    assert.match(`${stdout}`, /\n== failed: 1\n {2}test\/house\/fails-on-purpose.test.ts:4: it fails\n$/)
    assert.equal(status, 1)
  } finally {
    rmSync(file)
  }
})

test('every file that npm test begins early is there', () => {
  assert.deepEqual(
    longest.filter((file) => !existsSync(join(root, file))),
    [],
  )
})
