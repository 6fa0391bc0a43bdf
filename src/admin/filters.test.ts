import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newOrganization, newUser } from '../../test/contract/organizations.ts'
import { clientOf } from '../../test/support/client.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { contract } from '../contract/index.ts'
import { batches } from '../db/batches.ts'
import { searching } from './sifted.ts'

const idsOf = ({ data }: { data: { id: string }[] }) => data.map(({ id }) => id)

test('a name is found by any part of it, in any letter case, however its characters are written', () => {
  const cases: [string | undefined, string, boolean][] = [
    [undefined, 'anything', true],
    ['', 'anything', true],
    ['TIC', 'Analytics', true],
    ['straße', 'Hauptstraße 1', true],
    ['caf\u00e9', 'Cafe\u0301 au lait', true],
    ['ＡＰＩ', 'api keys', true],
    ['ÄÖ', 'äöü', true],
    ['%', 'percent', false],
    ['_', 'underscore', false],
    ['tics a', 'Analytics', false],
  ]
  for (const [text, name, found] of cases) assert.equal(searching(text)(name), found, `${text} in ${name}`)
  assert.equal(searching('x')(null), false)
  assert.equal(searching('mail')('Ann', 'ann@mail.example.com'), true)
})

for (const database of databases) {
  describe(`lists that are searched on ${database}`, () => {
    let app: TestApp
    before(async () => {
      app = await startTestApp({ database })
    })
    after(() => app[Symbol.asyncDispose]())

    test('find projects, users, groups and service accounts by their names', async () => {
      const own = await newOrganization(app)
      const { admin } = own
      const call = clientOf(app, own.key)
      const [red, blue] = [
        await admin.projects.create({ name: 'Red team' }),
        await admin.projects.create({ name: 'Blue' }),
      ]
      const user = await newUser(app, own)
      const group = await admin.groups.create({ name: 'Night shift' })
      await admin.groups.create({ name: 'Others' })
      const bot = await admin.projects.serviceAccounts.create(red.id, { name: 'Reporter' })
      await admin.projects.serviceAccounts.create(red.id, { name: 'Other' })
      const { projects, users, groups, projectUsers, serviceAccounts } = contract
      assert.deepEqual(idsOf(await call(projects.list, { query: { name: 'TEAM' } })), [red.id])
      assert.deepEqual(idsOf(await call(users.list, { query: { name: user.email.toUpperCase() } })), [user.id])
      assert.deepEqual(idsOf(await call(users.list, { query: { name: 'nobody at all' } })), [])
      assert.deepEqual(idsOf(await call(groups.list, { query: { name: 'shift' } })), [group.id])
      const found = await call(serviceAccounts.list, { params: { project_id: red.id }, query: { name: 'report' } })
      assert.deepEqual(idsOf(found), [bot.id])
      await admin.projects.users.create(red.id, { user_id: user.id, role: 'member' })
      const inRed = (name: string) => call(projectUsers.list, { params: { project_id: red.id }, query: { name } })
      assert.deepEqual(idsOf(await inRed(user.email.slice(1).toUpperCase())), [user.id])
      assert.deepEqual(idsOf(await inRed('nobody at all')), [])
      await admin.projects.archive(blue.id)
      assert.deepEqual(idsOf(await call(projects.list, { query: { status: 'archived' } })), [blue.id])
      assert.deepEqual(idsOf(await call(projects.list, { query: { status: 'archived', name: 'red' } })), [])
      const active = await call(projects.list, { query: { status: 'active', include_archived: true } })
      assert.deepEqual(idsOf(active), [own.defaultProjectId, red.id])
    })

    test('find what stands behind more than one statement looks at, page by page, and end where the list ends', async () => {
      const own = await newOrganization(app)
      const call = clientOf(app, own.key)
      const rows = Array.from({ length: 2600 }, (_, n) => ({
        id: `proj_${String(n).padStart(12, 'z')}${own.id.slice(-12)}`,
        name: n % 1250 === 1249 ? `rare ${n}` : 'common',
        organization_id: own.id,
        created_at: 1,
        archived_at: null,
      })).sort((a, b) => (a.id < b.id ? -1 : 1))
      for (const some of batches(rows)) await app.db.insertInto('project').values(some).execute()
      const rare = rows.filter(({ name }) => name.startsWith('rare')).map(({ id }) => id)
      assert.equal(rare.length, 2)
      const page = async (after?: string) =>
        call(contract.projects.list, { query: { name: 'rare', limit: 1, ...(after !== undefined && { after }) } })
      const first = await page()
      assert.deepEqual([idsOf(first), first.has_more], [[rare[0]], true])
      const second = await page(first.last_id ?? '')
      assert.deepEqual([idsOf(second), second.has_more], [[rare[1]], false])
      const both = await call(contract.projects.list, { query: { name: 'rare', limit: 2 } })
      assert.deepEqual([idsOf(both), both.has_more], [rare, false])
    })
  })
}
