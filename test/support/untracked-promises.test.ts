import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'

const untracked = new URL('./untracked-promises.ts', import.meta.url).href

/** Runs a test file as `npm test` does. */
async function runFile(source: string): Promise<{ code: number; output: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-untracked-'))
  try {
    await writeFile(join(folder, 'some.test.mjs'), `import { describe, test } from 'node:test'\n${source}`)
    // With this it would report to the one that runs this very test.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const args = [`--import=${untracked}`, '--test-reporter=tap', join(folder, 'some.test.mjs')]
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] })
    const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
    return { code, output }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

const later = 'await new Promise((done) => setTimeout(done, 5))'
const fails = {
  'a promise that nobody waits for': "void Promise.reject(new Error('forgotten'))",
  'what a timer throws': "setTimeout(() => { throw new Error('forgotten') })",
  'what a callback throws': "process.nextTick(() => { throw new Error('forgotten') })",
}
for (const [what, does] of Object.entries(fails)) {
  test(`${what} fails its file, in words, where promises are not tracked`, async () => {
    const { code, output } = await runFile(`test('passes', async () => { ${later}; ${does}; ${later} })`)
    assert.equal(code, 1, output)
    assert.match(output, /forgotten/)
  })
}

test('where promises are not tracked a test belongs to the suite that it stands in, and a failed one fails', async () => {
  const { code, output } = await runFile(`
    describe('outer', () => {
      test('first', async () => { ${later} })
      describe('inner', () => { test('second', async (t) => { ${later}; await t.test('third', async () => { ${later}; throw new Error('no') }) }) })
    })`)
  assert.equal(code, 1, output)
  const told = [...output.matchAll(/^( *(?:not )?ok \d+ - \w+)/gm)].map(([, line]) => line)
  assert.deepEqual(told, [
    '    ok 1 - first',
    '            not ok 1 - third',
    '        not ok 1 - second',
    '    not ok 2 - inner',
    'not ok 1 - outer',
  ])
})
