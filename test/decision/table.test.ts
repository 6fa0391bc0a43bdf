import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { endpoints } from '../../src/admin/index.ts'
import { operationsWithRequest } from '../operations/index.ts'
import { databases } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { isDecided } from './deciding.ts'
import { decisionPeople, type People } from './people.ts'
import { decisions } from './table.ts'

const names = endpoints.map(({ name }) => name)

test('every operation stands in the decision table once, and has a request', () => {
  const decided = decisions.map(({ endpoint }) => endpoint)
  assert.deepEqual(decided.toSorted(), names.toSorted())
  assert.deepEqual(operationsWithRequest.toSorted(), names.toSorted())
})

for (const database of databases) {
  describe(`${database}: who may do what`, () => {
    let app: TestApp
    let people: People
    before(async () => {
      app = await startTestApp({ database })
      people = await decisionPeople(app)
    })
    after(() => app[Symbol.asyncDispose]())

    for (const { endpoint: name, marks } of decisions) {
      const endpoint = endpoints.find((one) => one.name === name)
      if (!endpoint) continue
      test(name, () => isDecided(app, people, endpoint, marks, (principal) => ({ key: people.keys[principal] })))
    }
  })
}
