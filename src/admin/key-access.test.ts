import assert from 'node:assert/strict'
import { test } from 'node:test'
import { newOrganization, newProjectKey, newUser, type Organization } from '../../test/contract/organizations.ts'
import { command } from '../../test/support/command.ts'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'
import { projectAccess } from '../db/access.ts'
import { sparseLists } from '../db/migrations/0046-sparse-lists.ts'

const USERS = 5
const ROUNDS = 2

for (const database of databases) {
  test(`${database}: keys are listed by what the gate says of their owners, after every change of who is where`, async () => {
    await using app = await startTestApp({ database })
    const own = await newOrganization(app)
    const stage = await setUp(app, own)
    for (let i = 0; i < ROUNDS; i++) {
      // In each round every change has its turn.
      for (const turns = [...stage.changes]; turns.length > 0; ) {
        const [[what, change] = assert.fail()] = turns.splice(chance(turns.length), 1)
        // What is so already is refused, or changes nothing: both are fine here.
        await change().catch((error) => assert.ok(error.status < 500, error))
        if (turns.length % 3 === 0) for (const project of stage.projects) await compare(app, own, project, what)
      }
    }
    await stage.inGroupAlone()
    for (const project of stage.projects) await compare(app, own, project, 'in a group alone')
    await upgrade(app)
  })
}

/** Whole numbers below a bound, the same ones every time. */
let state = 7
const chance = (below: number) => {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 2 ** 32) * below)
}

/** Every page, of every size, is what a plain filter of all keys has in that place. */
async function compare(app: TestApp, own: Organization, project: string, what: string) {
  const rows = await app.db
    .selectFrom('project_api_key')
    .select(['id', 'user_id', 'service_account_id'])
    .where('project_id', '=', project)
    .orderBy('id')
    .execute()
  const access = new Map<string, boolean>()
  for (const row of rows) {
    const owner = { organizationId: own.id, id: row.user_id ?? row.service_account_id ?? '' }
    access.set(row.id, (await projectAccess(app.db, owner, project)) !== null)
  }
  const ids = {
    any: rows.map(({ id }) => id),
    active: rows.map(({ id }) => id).filter((id) => access.get(id)),
    inactive: rows.map(({ id }) => id).filter((id) => !access.get(id)),
  }
  for (const [wanted, all] of Object.entries(ids)) {
    const limit = 1 + chance(4)
    const found: string[] = []
    for (let more = true; more; ) {
      const after = found.length > 0 ? `&after=${found.at(-1)}` : ''
      const path = `/v1/organization/projects/${project}/api_keys?owner_project_access=${wanted}&limit=${limit}${after}`
      const { status, body } = await app.send('GET', path, { key: own.key })
      assert.equal(status, 200)
      for (const key of body.data)
        assert.equal(key.owner_project_access, access.get(key.id) ? 'active' : 'inactive', what)
      found.push(...body.data.map(({ id }: { id: string }) => id))
      more = body.has_more
      assert.ok(!more || body.data.length === limit, 'a page that is not full is the last')
    }
    assert.deepEqual(found, all, `${wanted} after: ${what}`)
  }
}

/** What a database of before gets by its migration is what has been noted since. */
async function upgrade({ db }: TestApp) {
  const standings = () => db.selectFrom('project_api_key').select(['id', 'owner_standing']).orderBy('id').execute()
  const noted = await standings()
  assert.deepEqual([...new Set(noted.map((row) => row.owner_standing))].sort(), ['groups', 'none', 'own'])
  for (const name of ['project_api_key_access', 'project_api_key_user', 'organization_user_present']) {
    await db.schema.dropIndex(name).execute()
  }
  await db.schema.alterTable('project_api_key').dropColumn('owner_standing').execute()
  await sparseLists.up(db)
  assert.deepEqual(await standings(), noted)
}

/** An organization with users, accounts and groups, all of whom have keys, and changes of who is where. */
async function setUp(app: TestApp, own: Organization) {
  const { projects: api, groups: groupsApi, users: usersApi } = own.admin
  const one = <T>(list: T[]) => list[chance(list.length)] as T
  const projects = [(await api.create({ name: 'p' })).id, (await api.create({ name: 'q' })).id]
  const users: string[] = []
  const hire = async () => {
    const { id: user_id } = await newUser(app, own)
    users.push(user_id)
    for (const project of projects) {
      await api.users.create(project, { user_id, role: 'member' })
      await newProjectKey(app, own, project, user_id)
    }
  }
  for (let i = 0; i < USERS; i++) await hire()
  const accounts: { project: string; id: string }[] = []
  const below = (project: string) => `/v1/organization/projects/${project}/service_accounts`
  const post = (path: string, body: object) => app.send('POST', path, { key: own.key, body })
  /** @param bare without a role: what it may do is its groups' */
  const employ = async (bare: boolean, project = one(projects)) => {
    const { body } = await post(below(project), { name: 's', create_service_account_only: bare })
    if (bare) await post(`${below(project)}/${body.id}/api_keys`, {})
    accounts.push({ project, id: body.id })
    return body.id
  }
  for (const project of projects) for (const bare of [true, true, false]) await employ(bare, project)
  const groups: string[] = []
  const found = async () => void groups.push((await groupsApi.create({ name: 'g' })).id)
  await found()
  await found()
  const member = () => (chance(3) === 0 ? one(accounts).id : one(users))
  const OWNER = 'role-api-organization-owner'
  const changes: Record<string, () => Promise<unknown>> = {
    'added to a project': () => api.users.create(one(projects), { user_id: one(users), role: 'member' }),
    'removed from a project': () => api.users.delete(one(users), { project_id: one(projects) }),
    'a role in a project taken': () =>
      api.users.roles.delete('role-api-project-member', { project_id: one(projects), user_id: one(users) }),
    'a role in a project': () =>
      api.users.roles.create(one(users), { project_id: one(projects), role_id: 'role-api-project-viewer' }),
    'made an owner': () => usersApi.update(one(users), { role: 'owner' }),
    'an owner no more': () => usersApi.update(one(users), { role: 'reader' }),
    'into a group': () => groupsApi.users.create(one(groups), { user_id: member() }),
    'out of a group': () => groupsApi.users.delete(member(), { group_id: one(groups) }),
    'a group into a project': () =>
      api.groups.create(one(projects), { group_id: one(groups), role: 'role-api-project-member' }),
    'a group out of a project': () => api.groups.delete(one(groups), { project_id: one(projects) }),
    'a group of owners': () => groupsApi.roles.create(one(groups), { role_id: OWNER }),
    'no group of owners': () => groupsApi.roles.delete(OWNER, { group_id: one(groups) }),
    'an account with a role': () => employ(false),
    'an account without': () => employ(true),
    'a role for an account': () => {
      const { project, id } = one(accounts)
      return post(`${below(project)}/${id}`, { role: 'member' })
    },
    'an account deleted': () => {
      const [{ project, id } = assert.fail()] = accounts.splice(chance(accounts.length), 1)
      return api.serviceAccounts.delete(id, { project_id: project })
    },
    'another key of an account': () => {
      const { project, id } = one(accounts)
      return post(`${below(project)}/${id}/api_keys`, {})
    },
    'another key of a user': () => newProjectKey(app, own, one(projects), one(users)).catch(() => {}),
    'a group deleted': async () => {
      await groupsApi.delete(groups.splice(chance(groups.length), 1)[0] ?? '')
      await found()
    },
    'a user removed': async () => {
      await usersApi.delete(users.splice(chance(users.length), 1)[0] ?? '')
      await hire()
    },
    'somebody invited': async () => {
      const invite = await own.admin.invites.create({ email: `i${state}@example.com`, role: 'reader' })
      const { token } = await command(app, 'invite', 'link', '--org', own.id, invite.id)
      await app.send('POST', '/v1/organization/invites/accept', { key: null, body: { token, name: 'n' } })
    },
  }
  const inGroupAlone = async () => {
    for (const project of projects) await groupsApi.users.create(one(groups), { user_id: await employ(true, project) })
  }
  return { projects, changes: Object.entries(changes), inGroupAlone }
}
