import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { type Endpoint, endpoints } from '../../src/admin/index.ts'
import { databases } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { call } from './call.ts'
import { newOrganization, type Organization } from './organizations.ts'
import { validRequest } from './requests.ts'

const ROUNDS = 10

/** The other changes of the same object, or below it, that each deletion can meet. */
const rivals = endpoints
  // What there is one of can be made again by the very change that it meets.
  .filter(({ route }) => route.method === 'DELETE' && /:\w+$/.test(route.path))
  .map((deletion) => ({ deletion, others: endpoints.filter((other) => isRival(deletion, other)) }))

function isRival(deletion: Endpoint, { route }: Endpoint): boolean {
  return route.method === 'POST' && `${route.path}/`.startsWith(`${deletion.route.path}/`)
}

for (const database of databases) {
  describe(`${database}: a deletion that meets other changes`, () => {
    let app: TestApp
    let own: Organization
    before(async () => {
      app = await startTestApp({ database })
      own = await newOrganization(app)
    })
    after(() => app[Symbol.asyncDispose]())

    for (const { deletion, others } of rivals) {
      for (const other of others) {
        test(`${deletion.name} beside ${other.name}: each is done or finds nothing, and the object is gone`, async () => {
          for (let round = 0; round < ROUNDS; round++) {
            const request = await validRequest(other.name, own, app)
            const { params } = request
            const change = () => call(app, other, request, { key: own.key })
            const removal = () => call(app, deletion, { params }, { key: own.key })
            const turns = round % 2 === 0 ? [change(), removal(), change()] : [removal(), change(), change()]
            const replies = await Promise.all(turns)
            for (const { status, text } of replies) assert.ok(status === 200 || status === 404, text)
            assert.equal(replies[round % 2 === 0 ? 1 : 0]?.status, 200)
            assert.equal((await removal()).status, 404)
            assert.equal((await change()).status, 404)
          }
        })
      }
    }
  })
}
