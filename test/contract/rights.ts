import { contract } from '../../src/contract/index.ts'
import type { Place } from '../decision/people.ts'
import { requestOf, type ValidRequest } from '../operations/index.ts'
import { type Client, clientOf } from '../support/client.ts'
import { ADMIN_KEY, type TestApp } from '../support/harness.ts'

/** What says who may do what, and the columns that say it. */
const columns = {
  role_assignment: ['resource_id', 'principal_id', 'role_id'],
  role: ['id', 'permissions'],
  group_user: ['group_id', 'user_id'],
  project_group: ['project_id', 'group_id'],
  project_user: ['project_id', 'user_id', 'role'],
  organization_user: ['id', 'role', 'removed_at'],
  service_account: ['id', 'role'],
  invite: ['id', 'role', 'projects', 'expires_at', 'accepted_at', 'token_hash'],
  password_link: ['user_id', 'token_hash'],
  second_factor: ['user_id'],
  passkey: ['user_id', 'credential_id'],
  admin_api_key: ['id', 'scopes', 'expires_at', 'disabled_at'],
  project_api_key: ['id', 'scopes', 'expires_at', 'disabled_at'],
}

/** All of that, a line each, the keys apart: to delete a key hands nothing out. */
export async function rightsIn({ db }: TestApp, { id }: Place): Promise<{ keys: string[]; others: string[] }> {
  const lines: string[] = []
  for (const [table, names] of Object.entries(columns)) {
    // Which tables they are does not matter here; the type is one of theirs.
    const rows = db
      .selectFrom(table as 'role')
      .select(names as 'id'[])
      .where('organization_id', '=', id)
    for (const row of await rows.execute()) lines.push(`${table} ${JSON.stringify(row)}`)
  }
  const isKey = (line: string) => /^\w+_api_key /.test(line)
  return { keys: lines.filter(isKey).sort(), others: lines.filter((line) => !isKey(line)).sort() }
}

const ROLE = { permissions: ['api.model.read'] }
let roles = 0

/** A group with a role and a member. */
async function groupWithRole({ admin, newUser }: Place) {
  const { id: group_id } = await admin.groups.create({ name: 'holders' })
  const { id: role_id } = await admin.roles.create({ ...ROLE, role_name: `Held ${roles++}` })
  await admin.groups.roles.create(group_id, { role_id })
  const user_id = await newUser()
  await admin.groups.users.create(group_id, { user_id })
  return { group_id, user_id }
}

/** A role that somebody holds, and another content of it. */
const otherRole = async ({ admin, newUser }: Place) => {
  const { id: role_id } = await admin.roles.create({ ...ROLE, role_name: `Held ${roles++}` })
  await admin.users.roles.create(await newUser(), { role_id })
  return { params: { role_id }, body: { permissions: ['api.files.read'] } }
}

/** Requests that hand something out, or take it, of operations whose usual request of the generic tests does not. */
const telling: Record<string, (at: Place & { call: Client }) => Promise<ValidRequest>> = {
  'groups.delete': async (at) => ({ params: { group_id: (await groupWithRole(at)).group_id } }),
  'groupUsers.create': async (at) => {
    const { group_id } = await groupWithRole(at)
    return { params: { group_id }, body: { user_id: await at.newUser() } }
  },
  'groupUsers.delete': async (at) => ({ params: await groupWithRole(at) }),
  'roles.update': otherRole,
  'projectRoles.update': async ({ admin, newProject }) => {
    const project_id = await newProject()
    const { id: role_id } = await admin.projects.roles.create(project_id, { ...ROLE, role_name: 'Held' })
    return { params: { project_id, role_id }, body: { permissions: [] } }
  },
  'adminApiKeys.update': async ({ admin, call }) => {
    const { id: key_id } = await admin.adminAPIKeys.create({ name: 'spare' })
    await call(contract.adminApiKeys.update, { params: { key_id }, body: { disabled: true } })
    return { params: { key_id }, body: { disabled: false } }
  },
  'projectApiKeys.create': async ({ admin, newProject, newUser }) => {
    const [project_id, user_id] = [await newProject(), await newUser()]
    await admin.projects.users.create(project_id, { user_id, role: 'member' })
    return { params: { project_id }, body: { name: 'theirs', user_id } }
  },
  'projectApiKeys.update': async ({ admin, newProject }) => {
    const project_id = await newProject()
    const { id } = await admin.projects.serviceAccounts.create(project_id, { name: 'bot' })
    const body = { scopes: ['api.model.read'], expires_in_seconds: 3600 }
    const { id: api_key_id } = await admin.projects.serviceAccounts.apiKeys.create(id, { project_id, ...body })
    return { params: { project_id, api_key_id }, body: { scopes: [], expires_in_seconds: 315_360_000 } }
  },
}

/** A request of an operation that succeeds for an owner, and hands out or takes whatever the operation can. */
export function tellingRequest(app: TestApp, at: Place, operation: string): Promise<ValidRequest> {
  const call = clientOf(app, ADMIN_KEY)
  const make = telling[operation]
  if (make) return make({ ...at, call })
  return requestOf(operation, { ...at, app, call, project: at.newProject })
}
