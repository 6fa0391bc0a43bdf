import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contract } from '../../src/contract/index.ts'
import type { Route } from '../../src/contract/route.ts'
import { databases } from '../support/databases.ts'
import { startTestApp } from '../support/harness.ts'

const routes = Object.values(contract).flatMap((resource): Route[] => Object.values(resource))

/** Rows that one key's refusals write in a minute, whatever it tries. */
const OF_A_KEY = 10

for (const database of databases) {
  test(`${database}: a key that is refused every operation there is writes ten rows a minute, and none of another key's is lost`, async () => {
    await using app = await startTestApp({ database })
    // Five seconds into a minute of the server's clock, so that what follows is within one.
    app.advance(65 - (Math.floor(Date.now() / 1000) % 60))
    const { projects } = app.admin().organization
    const { id: project } = await projects.create({ name: 'p' })
    const newKey = async () => {
      const { api_key } = await projects.serviceAccounts.create(project, { name: 'bot' })
      return api_key ?? assert.fail()
    }
    const [busy, other] = [await newKey(), await newKey()]
    const everything = async (key: string) => {
      let refused = 0
      for (const { method, path } of routes) {
        const { status } = await app.send(method, path.replace(/\{\w+\}/g, 'x'), { key })
        if (status === 401) refused++
      }
      return refused
    }
    const rows = async () => {
      const failed = app.db.selectFrom('audit_log').select('payload').where('type', '=', 'login.failed')
      return (await failed.execute()).map(({ payload }) => JSON.parse(payload).id)
    }
    const of = async (id: string) => (await rows()).filter((by) => by === id).length

    assert.ok((await everything(busy.value)) > 100)
    assert.equal(await of(busy.id), OF_A_KEY)
    assert.equal((await app.send('GET', '/v1/organization/users', { key: other.value })).status, 401)
    assert.equal(await of(other.id), 1)
    assert.ok((await everything(busy.value)) > 100)
    assert.equal(await of(busy.id), OF_A_KEY)

    app.advance(60)
    assert.ok((await everything(busy.value)) > 100)
    assert.equal(await of(busy.id), 2 * OF_A_KEY)
  })
}
