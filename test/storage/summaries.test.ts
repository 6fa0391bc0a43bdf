import assert from 'node:assert/strict'
import { test } from 'node:test'
import { until } from '../gateway/upstream.ts'
import { databases } from '../support/databases.ts'
import { ADMIN_KEY as adminKey, startTestApp } from '../support/harness.ts'
import { Held } from '../support/held.ts'

const path = '/v1/organization/usage/summary?start_time=1790553600&end_time=1790640000&include_previous_period=true'

for (const database of databases) {
  test(`${database}: of a summary whose client has left no further slice is read, and others have had their turn`, async () => {
    const held = new Held(database, ' offset ')
    const failures: string[] = []
    const log = (line: string) => {
      if (JSON.parse(line).level >= 50) failures.push(line)
    }
    await using app = await startTestApp({ database, plugins: [held], log })
    const leaving = new AbortController()
    const headers = { authorization: `Bearer ${adminKey}` }
    const left = app.fetch(app.url + path, { headers, signal: leaving.signal }).catch(() => null)
    await until(() => held.waiting === 1, 'where its first slice ends')
    // One of the two turns is taken: what else is asked for has the other.
    const report = '/v1/organization/usage/completions?start_time=1790553600&end_time=1790640000'
    assert.equal((await app.send('GET', report)).status, 200)
    const others = held.times('row_number()')
    leaving.abort()
    await left
    // What asks is one itself.
    await until(async () => (await app.metric('gatehouse_requests_in_flight')) === 1, 'the end of the one that leaves')
    held.released.resolve()
    const { status, body } = await app.send('GET', path)
    assert.deepEqual([status, body.period.groups], [200, []])
    // A period and the one before, of the one that stayed.
    assert.equal(held.times('row_number()') - others, 2)
    assert.deepEqual(failures, [])
  })
}
