import { ApiError, notFound } from '../contract/error.ts'
import type { serviceAccounts as routes, ServiceAccount, ServiceAccountKey } from '../contract/service-accounts.ts'
import type { NewId } from '../core/id.ts'
import { usableOf, usableWith } from '../core/permission.ts'
import type { Db, Row } from '../db/tables.ts'
import { endOfKey } from './escalation.ts'
import type { Change, Handlers } from './handlers.ts'
import { noteStandingOf } from './key-standing.ts'
import { checkProjectScopes, type KeyInput, newKey } from './keys.ts'
import { ownedBy } from './owned.ts'
import { behind, page } from './page.ts'
import { forgetPrincipal, type Holding, setPredefinedRole } from './role-store.ts'
import { type Part, searching, sifted } from './sifted.ts'

export const serviceAccounts: Handlers<typeof routes> = {
  async list({ db, project, isLeft, query }) {
    const rows = (part: Part) => behind(accounts(db, project), part, 'serviceAccount').execute()
    const named = searching(query.name)
    return page(await sifted(isLeft, query, rows, ({ name }) => named(name)), query.limit, view)
  },

  async create({ db, caller, project, body, now, newId }) {
    const bare = body.create_service_account_only === true
    if (bare && body.expires_in_seconds != null) {
      const message = "Invalid 'expires_in_seconds': there is no key to expire with 'create_service_account_only'."
      throw new ApiError('invalid_value', message, { param: 'expires_in_seconds' })
    }
    const role: 'none' | 'member' = bare ? 'none' : 'member'
    const row = {
      id: newId('serviceAccount'),
      ...ownedBy(project),
      name: body.name,
      role,
      created_at: now,
    }
    await db.insertInto('service_account').values(row).execute()
    const given = role === 'none' ? [] : await setPredefinedRole(db, holding(row), role, now)
    const until = endOfKey(caller, body.expires_in_seconds, now)
    const input = { name: row.name, expiresAt: until }
    const key = bare ? null : await insertKey(db, row, input, now, newId)
    const also: Change<unknown>['also'] = key
      ? [{ type: 'api_key.created', payload: { id: key.id, data: { scopes: [] } } }]
      : []
    const rights = { permissions: usableOf(given), ...(key && { until }) }
    return { reply: { ...view(row), role, api_key: key }, audit: { id: row.id, data: { role } }, also, rights }
  },

  async retrieve({ db, project, params }) {
    return view(await find(db, project, params.service_account_id))
  },

  async update({ db, project, params, body, now }) {
    const account = await find(db, project, params.service_account_id)
    const changes = { name: body.name ?? account.name, role: body.role ?? account.role }
    await db
      .updateTable('service_account')
      .set({ name: changes.name })
      .where('organization_id', '=', account.organization_id)
      .where('id', '=', account.id)
      .execute()
    const moved = body.role ? await setPredefinedRole(db, holding(account), body.role, now) : []
    const audit = { id: account.id, changes_requested: body }
    return { reply: view({ ...account, ...changes }), audit, rights: { permissions: usableOf(moved) } }
  },

  async delete({ db, project, params }) {
    const account = await find(db, project, params.service_account_id)
    const { organization_id, id } = account
    const gone = await db
      .deleteFrom('project_api_key')
      .where('organization_id', '=', organization_id)
      .where('service_account_id', '=', id)
      .returning('id')
      .execute()
    await db.deleteFrom('service_account').where('organization_id', '=', organization_id).where('id', '=', id).execute()
    const { own, throughGroups } = await forgetPrincipal(db, account)
    return {
      reply: { object: 'organization.project.service_account.deleted', id, deleted: true },
      audit: { id },
      also: gone.map((key) => ({ type: 'api_key.deleted' as const, payload: { id: key.id } })),
      rights: { permissions: usableOf(own), everywhere: usableOf(throughGroups) },
    }
  },

  async createApiKey({ db, caller, project, params, body, now, newId }) {
    checkProjectScopes(body.scopes)
    const account = await find(db, project, params.service_account_id)
    const scopes = body.scopes ?? []
    const until = endOfKey(caller, body.expires_in_seconds, now)
    const input = { name: body.name ?? account.name, scopes, expiresAt: until }
    const reply = await insertKey(db, account, input, now, newId)
    const rights = { permissions: usableWith(scopes), until }
    return { reply, audit: { id: reply.id, data: { scopes } }, rights }
  },
}

/** What a service account's role is kept under. */
function holding({ organization_id, project_id, id }: Row<'service_account'>): Holding {
  return {
    organizationId: organization_id,
    level: 'project',
    resourceId: project_id,
    principalType: 'service_account',
    principalId: id,
  }
}

function accounts(db: Db, project: Row<'project'>) {
  return db
    .selectFrom('service_account')
    .selectAll()
    .where((eb) => eb.and(ownedBy(project)))
}

/** An archived project has no service accounts. */
async function find(db: Db, project: Row<'project'>, id: string): Promise<Row<'service_account'>> {
  const account = await accounts(db, project).where('id', '=', id).executeTakeFirst()
  if (!account || project.archived_at !== null) throw notFound('service account', id, 'service_account_id')
  return account
}

async function insertKey(
  db: Db,
  account: Row<'service_account'>,
  input: KeyInput,
  now: number,
  newId: NewId,
): Promise<ServiceAccountKey> {
  const { value, columns } = newKey('service_account', input, now, newId)
  const { organization_id, project_id, id } = account
  await db
    .insertInto('project_api_key')
    .values({ ...columns, organization_id, project_id, user_id: null, service_account_id: id, owner_standing: 'none' })
    .execute()
  await noteStandingOf(db, organization_id, columns.id)
  return {
    object: 'organization.project.service_account.api_key',
    id: columns.id,
    name: columns.name,
    value,
    created_at: now,
    expires_at: columns.expires_at,
  }
}

function view(row: Row<'service_account'>): ServiceAccount {
  return {
    object: 'organization.project.service_account',
    id: row.id,
    name: row.name,
    role: row.role,
    created_at: row.created_at,
  }
}
