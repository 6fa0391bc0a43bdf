import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestApp } from '../support/harness.ts'

for (const canShare of [true, false]) {
  test(`where threads ${canShare ? 'can' : 'cannot'} share a port, ${canShare ? 'as many serve as were asked for' : 'one serves, which the log and /readyz say'}`, async () => {
    const lines: string[] = []
    const threads = { canShare: async () => canShare }
    await using app = await startTestApp({
      env: { GATEHOUSE_WORKERS: '2' },
      threads,
      log: (line) => lines.push(line),
    })
    const { status, body } = await app.send('GET', '/readyz', { key: null })
    assert.deepEqual([status, body.status], [200, 'ready'])
    assert.deepEqual(body.threads, canShare ? undefined : { asked: 2, serving: 1 })
    const told = lines.filter((line) => /threads cannot share a port/.test(line)).length
    assert.equal(told, canShare ? 0 : 1)
    assert.equal(await app.metric('gatehouse_threads'), canShare ? 2 : 0)
    assert.equal((await app.send('GET', '/v1/organization/projects')).status, 200)
  })
}
