import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CALLS, flood, holdAll, kill, paid, priced, ways } from './calls.ts'
import { startThreads } from './served.ts'

for (const [how, { end }] of Object.entries(ways)) {
  test(`what the calls of a thread that ${how} had reserved is there again with the next thread, and not more than once`, async (t) => {
    await using gate = await startThreads(priced)
    const finish = await holdAll(gate)
    await kill(gate, 1, end)
    const cut = await finish()
    t.diagnostic(`${cut} of ${CALLS} calls were cut, and as many could be made again`)
    assert.deepEqual(await flood(gate, 2 * CALLS, paid), { 200: cut, 429: 2 * CALLS - cut })
  })
}
