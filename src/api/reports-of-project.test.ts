import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KyselyPlugin, PluginTransformQueryArgs, PluginTransformResultArgs } from 'kysely'
import { newAdminKey, newOrganization, newUser } from '../../test/contract/organizations.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp } from '../../test/support/harness.ts'
import { until } from '../../test/support/until.ts'

/** A Monday, 00:00 UTC. */
const start = 1_790_553_600
const query = `start_time=${start}&end_time=${start + 86_400}`

/** Holds what the database answers to a report back. */
class Held implements KyselyPlugin {
  readonly #reports = new WeakSet<object>()
  released = Promise.withResolvers<void>()

  transformQuery({ node, queryId }: PluginTransformQueryArgs) {
    if (node.kind === 'RawNode' && node.sqlFragments.join().includes('row_number()')) this.#reports.add(queryId)
    return node
  }

  async transformResult({ queryId, result }: PluginTransformResultArgs) {
    if (this.#reports.has(queryId)) await this.released.promise
    return result
  }
}

for (const database of databases) {
  test(`${database}: who manages one project has few places among the reports under way, however many they ask for, and leaves the organization its own`, async () => {
    const held = new Held()
    await using app = await startTestApp({ database, plugins: [held] })
    const own = await newOrganization(app)
    const [{ id }, another] = [
      await own.admin.projects.create({ name: 'Managed' }),
      await own.admin.projects.create({ name: 'Another' }),
    ]
    const user = await newUser(app, own)
    await own.admin.projects.users.create(id, { user_id: user.id, role: 'owner' })
    const key = await newAdminKey(app, own, user.id)
    const summary = `/v1/organization/projects/${id}/usage/summary?${query}`
    let refused = 0
    const asked = Array.from({ length: 16 }, async () => {
      const { status } = await app.send('GET', summary, { key })
      if (status === 503) refused++
      return status
    })
    await until(() => refused === 12, 'those that are too many')
    const others = ['usage', 'costs', `projects/${another.id}/usage`].map(async (path) => {
      const { status } = await app.send('GET', `/v1/organization/${path}/summary?${query}`, { key: own.key })
      return status
    })
    held.released.resolve()
    assert.deepEqual(await Promise.all(others), [200, 200, 200])
    const statuses = await Promise.all(asked)
    assert.equal(statuses.filter((status) => status === 200).length, 4)
    const isMade = async () => (await app.send('GET', summary, { key })).status === 200
    await until(isMade, 'room for the next one')
  })
}
