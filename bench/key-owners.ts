import { idSource } from '../src/core/id.ts'
import { hashSecret, mintKey } from '../src/core/key.ts'
import { openDb } from '../src/db/open.ts'
import type { Db, Row } from '../src/db/tables.ts'

/** Owners whose rows are written together. */
const TOGETHER = 500

const newId = idSource(Date.now)

type Project = { organization_id: string; project_id: string }

/**
 * Keys of one project right in the database, each of an owner of its own: in turn a service account, a member of the project, and
 * somebody who is in it through one of a hundred groups.
 * @param like a key that is there: its project is taken
 * @returns the secrets
 */
export async function makeKeys(url: string, like: string, count: number): Promise<string[]> {
  const db = await openDb(url, { connections: 1 })
  const hash = hashSecret(like)
  const { organization_id, project_id } = await db
    .selectFrom('project_api_key')
    .select(['organization_id', 'project_id'])
    .where('hash', '=', hash)
    .executeTakeFirstOrThrow()
  const project = { organization_id, project_id }
  const groups = await makeGroups(db, project)
  const values: string[] = []
  for (let i = 0; i < count; i += TOGETHER) {
    const turns = Array.from({ length: Math.min(TOGETHER, count - i) }, (_, j) => (i + j) % 3)
    const keys = turns.map((turn) => makeKey(project, turn === 0 ? 'account' : turn === 1 ? 'member' : 'grouped'))
    const owners = (wanted: Owner) => keys.flatMap(({ owner, id }) => (owner === wanted ? [id] : []))
    await db.transaction().execute(async (tx) => {
      await makeAccounts(tx, project, owners('account'))
      await makeUsers(tx, project, [...owners('member'), ...owners('grouped')])
      await join(tx, project, owners('member'))
      await group(tx, project, groups, owners('grouped'))
      await tx
        .insertInto('project_api_key')
        .values(keys.map(({ row }) => row))
        .execute()
    })
    values.push(...keys.map(({ value }) => value))
  }
  await db.destroy()
  return values
}

type Owner = 'account' | 'member' | 'grouped'

function makeKey(project: Project, owner: Owner) {
  const { value, hash, redacted } = mintKey(owner === 'account' ? 'service_account' : 'user')
  const id = newId(owner === 'account' ? 'serviceAccount' : 'user')
  const [user_id, service_account_id] = owner === 'account' ? [null, id] : [id, null]
  const owner_standing = owner === 'grouped' ? ('groups' as const) : ('own' as const)
  const never = { scopes: '[]', created_at: 1, expires_at: null, last_used_at: null }
  const key = { ...project, ...never, id: newId('key'), name: 'bench', hash, redacted_value: redacted }
  return { value, owner, id, row: { ...key, user_id, service_account_id, owner_standing } }
}

type Principal = Pick<Row<'role_assignment'>, 'principal_type' | 'resource_id' | 'role_id'>

async function assign(db: Db, { organization_id }: Project, held: Principal, ids: readonly string[]) {
  const shared = { ...held, organization_id, shown_role_id: null, created_at: 1 }
  await db
    .insertInto('role_assignment')
    .values(ids.map((principal_id) => ({ ...shared, principal_id })))
    .execute()
}

const member = (principal_type: Principal['principal_type'], { project_id }: Project): Principal => {
  return { principal_type, resource_id: project_id, role_id: 'role-api-project-member' }
}

async function makeGroups(db: Db, project: Project): Promise<string[]> {
  const ids = Array.from({ length: 100 }, () => newId('group'))
  const { organization_id } = project
  const group = { organization_id, name: 'bench', created_at: 1, scim_managed_at: null }
  await db
    .insertInto('user_group')
    .values(ids.map((id) => ({ ...group, id })))
    .execute()
  await db
    .insertInto('project_group')
    .values(ids.map((group_id) => ({ ...project, group_id, created_at: 1 })))
    .execute()
  await assign(db, project, member('group', project), ids)
  return ids
}

async function makeAccounts(db: Db, project: Project, ids: readonly string[]) {
  const account = { ...project, name: 'bench', role: 'member' as const, created_at: 1 }
  await db
    .insertInto('service_account')
    .values(ids.map((id) => ({ ...account, id })))
    .execute()
  await assign(db, project, member('service_account', project), ids)
}

async function makeUsers(db: Db, project: Project, ids: readonly string[]) {
  if (ids.length === 0) return
  const { organization_id } = project
  const blank = { technical_level: null, developer_persona: null, removed_at: null, api_key_last_used_at: null }
  const user = { ...blank, organization_id, name: 'bench', role: 'reader' as const, created_at: 1 }
  const named = (id: string) => ({ ...user, id, email: `${id}@example.com`, email_key: `${id}@example.com` })
  await db.insertInto('organization_user').values(ids.map(named)).execute()
  const reader = {
    principal_type: 'user',
    resource_id: organization_id,
    role_id: 'role-api-organization-reader',
  } as const
  await assign(db, project, reader, ids)
}

async function join(db: Db, project: Project, ids: readonly string[]) {
  if (ids.length === 0) return
  const joined = ids.map((user_id) => ({ ...project, user_id, role: 'member' as const, added_at: 1 }))
  await db.insertInto('project_user').values(joined).execute()
  await assign(db, project, member('user', project), ids)
}

async function group(db: Db, { organization_id }: Project, groups: readonly string[], ids: readonly string[]) {
  if (ids.length === 0) return
  const inGroup = (user_id: string, i: number) => {
    return { organization_id, group_id: groups[i % groups.length] ?? '', user_id, added_at: 1 }
  }
  await db.insertInto('group_user').values(ids.map(inGroup)).execute()
}
