import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { newOrganization, type Organization } from '../../test/contract/organizations.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'

/** Lists that the original has oldest first only, and what makes one more of what they hold. */
const lists: Record<
  string,
  { path: string; make: (own: Organization, project: string, n: number, app: TestApp) => unknown }
> = {
  invites: {
    path: 'invites',
    make: ({ admin }, _, n) => admin.invites.create({ email: `${n}@example.com`, role: 'reader' }),
  },
  'service accounts': {
    path: 'projects/PROJECT/service_accounts',
    make: ({ admin }, project, n) => admin.projects.serviceAccounts.create(project, { name: `${n}` }),
  },
  ...Object.fromEntries(
    [
      'projects/PROJECT/api_keys',
      'projects/PROJECT/api_keys?owner_project_access=any',
      'projects/PROJECT/api_keys?name=k',
      'api_keys',
      'api_keys?kind=project',
      'me/api_keys',
      'me/api_keys?name=k',
    ].map((path) => [path, { path, make: newKey }]),
  ),
}

/** Of either kind in turn: lists of both are merged of two. */
function newKey({ admin, key }: Organization, project: string, n: number, app: TestApp) {
  return n % 2 === 0
    ? admin.adminAPIKeys.create({ name: `k${n}` })
    : app.send('POST', `/v1/organization/projects/${project}/api_keys`, { key, body: { name: `k${n}` } })
}

for (const database of databases) {
  describe(`newest first, on ${database}`, () => {
    let app: TestApp
    before(async () => {
      app = await startTestApp({ database })
    })
    after(() => app[Symbol.asyncDispose]())

    for (const [what, { path, make }] of Object.entries(lists)) {
      test(`${what}: the same as oldest first, turned round, page by page; oldest first where nothing is said`, async () => {
        const own = await newOrganization(app)
        for (let n = 0; n < 7; n++) await make(own, own.defaultProjectId, n, app)
        const [at, filter] = path.replace('PROJECT', own.defaultProjectId).split('?')
        const list = async (query: string) => {
          const asked = [filter, query].filter(Boolean).join('&')
          const { status, body } = await app.send('GET', `/v1/organization/${at}?${asked}`, { key: own.key })
          assert.equal(status, 200, body.error?.message)
          return body as { data: { id: string }[]; last_id: string; has_more: boolean }
        }
        const ids = async (query: string) => (await list(query)).data.map(({ id }) => id)
        const oldest = await ids('')
        assert.ok(oldest.length >= 3)
        assert.deepEqual(oldest, oldest.toSorted())
        assert.deepEqual(await ids('order=asc'), oldest)
        assert.deepEqual(await ids('order=desc'), oldest.toReversed())
        const found: string[] = []
        for (let from = ''; ; ) {
          const { data, last_id, has_more } = await list(`order=desc&limit=2${from}`)
          found.push(...data.map(({ id }) => id))
          if (!has_more) break
          from = `&after=${last_id}`
        }
        assert.deepEqual(found, oldest.toReversed())
        const { error } = (await app.send('GET', `/v1/organization/${at}?order=newest`, { key: own.key })).body
        assert.deepEqual([error.code, error.param], ['invalid_value', 'order'])
      })
    }
  })
}
