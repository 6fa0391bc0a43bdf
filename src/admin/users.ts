import { sql } from 'kysely'
import { ApiError } from '../contract/error.ts'
import type { users as routes, User } from '../contract/users.ts'
import type { OrganizationRole } from '../core/permission.ts'
import type { Db, Row } from '../db/tables.ts'
import { forgetSignIn } from '../sign-in/store.ts'
import type { Caller, Handlers } from './handlers.ts'
import { existing } from './owned.ts'
import { behind, page } from './page.ts'
import { forgetPrincipal, type Holding, setPredefinedRole } from './role-store.ts'
import { type Part, searching, sifted } from './sifted.ts'

export const users: Handlers<typeof routes> = {
  async list({ db, caller, isLeft, query }) {
    let ids = members(db, caller.organizationId).clearSelect().select('id')
    if (query.emails) ids = ids.where('email_key', 'in', query.emails.map(emailKey))
    const rows = (part: Part) =>
      db
        .selectFrom(behind(ids, part, 'user').as('page'))
        .crossJoin('organization_user as u')
        .selectAll('u')
        .where('u.organization_id', '=', caller.organizationId)
        .whereRef('u.id', '=', 'page.id')
        .orderBy('u.id')
        .execute()
    const named = searching(query.name)
    return page(await sifted(isLeft, query, rows, ({ name, email }) => named(name, email)), query.limit, userView)
  },

  async retrieve({ db, caller, params }) {
    return userView(await findUser(db, caller, params.user_id))
  },

  async update({ db, caller, params, body, now }) {
    const user = await findUser(db, caller, params.user_id)
    const wanted = wantedRole(caller, body)
    const role = wanted ?? user.role
    if (role !== user.role) refuseSelf(caller, user, 'change your own role')
    if (user.role === 'owner' && role !== 'owner') await refuseLastOwner(db, user)
    const moved =
      role !== null && role !== user.role ? await setPredefinedRole(db, organizationHolding(user), role, now) : []
    const changes = {
      technical_level: body.technical_level === undefined ? user.technical_level : body.technical_level,
      developer_persona: body.developer_persona === undefined ? user.developer_persona : body.developer_persona,
    }
    await oneUser(db, user).set(changes).execute()
    // By its name, however it was asked for: who reads the log looks for `role`.
    const changes_requested = wanted === undefined ? body : { ...body, role: wanted }
    const audit = { id: user.id, changes_requested }
    return { reply: userView({ ...user, ...changes, role }), audit, rights: { permissions: moved } }
  },

  // The row stays: the user's keys still name it. They stop working, because every look-up asks whether it was removed.
  async delete({ db, caller, params, now }) {
    const user = await findUser(db, caller, params.user_id)
    refuseSelf(caller, user, 'remove yourself')
    if (user.role === 'owner') await refuseLastOwner(db, user)
    await oneUser(db, user).set({ removed_at: now }).execute()
    await db
      .deleteFrom('project_user')
      .where('organization_id', '=', user.organization_id)
      .where('user_id', '=', user.id)
      .execute()
    await forgetSignIn(db, { organizationId: user.organization_id, userId: user.id })
    const { own, throughGroups } = await forgetPrincipal(db, user)
    const reply = { object: 'organization.user.deleted' as const, id: user.id, deleted: true as const }
    return { reply, audit: { id: user.id }, rights: { permissions: [...own, ...throughGroups] } }
  },
}

/** What two e-mail addresses are compared by. */
export const emailKey = (email: string) => email.toLowerCase()

/** As text of the statement: SQLite does not look at values to see that an index of owners alone will do. */
export const OWNER = sql.lit('owner' as const)

/** The organization's users now: removed ones are gone for everybody. */
export function members(db: Db, organizationId: string) {
  return db
    .selectFrom('organization_user')
    .selectAll()
    .where('organization_id', '=', organizationId)
    .where('removed_at', 'is', null)
}

const oneUser = (db: Db, { organization_id, id }: Row<'organization_user'>) =>
  db.updateTable('organization_user').where('organization_id', '=', organization_id).where('id', '=', id)

/** Adds somebody; an address that already belongs to a user is refused, also when two callers race for it. */
export async function insertUser(
  db: Db,
  user: { id: string; organizationId: string; email: string; name: string; role: OrganizationRole; now: number },
): Promise<Row<'organization_user'>> {
  const row = {
    id: user.id,
    organization_id: user.organizationId,
    email: user.email,
    email_key: emailKey(user.email),
    name: user.name,
    role: user.role,
    technical_level: null,
    developer_persona: null,
    created_at: user.now,
    removed_at: null,
    api_key_last_used_at: null,
  }
  const done = await db
    .insertInto('organization_user')
    .values(row)
    .onConflict((conflict) =>
      conflict.columns(['organization_id', 'email_key']).where('removed_at', 'is', null).doNothing(),
    )
    .executeTakeFirst()
  if (done.numInsertedOrUpdatedRows === 0n) throw alreadyInOrganization(user.email)
  await setPredefinedRole(db, organizationHolding(row), user.role, user.now)
  return row
}

/** What somebody's role in the organization is kept under. */
export function organizationHolding({
  organization_id,
  id,
}: Pick<Row<'organization_user'>, 'organization_id' | 'id'>): Holding {
  return {
    organizationId: organization_id,
    level: 'organization',
    resourceId: organization_id,
    principalType: 'user',
    principalId: id,
  }
}

export function alreadyInOrganization(email: string): ApiError {
  return new ApiError(
    'user_already_in_organization',
    `A user with the e-mail address '${email}' already is a member of the organization.`,
    {
      param: 'email',
    },
  )
}

export async function findUser(db: Db, caller: Caller, id: string): Promise<Row<'organization_user'>> {
  const user = await members(db, caller.organizationId).where('id', '=', id).executeTakeFirst()
  return existing(user, 'user_id', id)
}

/** `role`, or the same as a role id, in its short form or the long one that names the organization. */
function wantedRole(caller: Caller, body: { role?: OrganizationRole | null; role_id?: string | null }) {
  const byName = body.role ?? undefined
  if (body.role_id == null) return byName
  const form = /^role-api-organization-(owner|reader)(?:__api-organization__(org-[0-9a-z]+))?$/
  const [, byId, organization] = form.exec(body.role_id) ?? []
  if (byId === undefined || (organization !== undefined && organization !== caller.organizationId)) {
    throw new ApiError('invalid_value', `Invalid 'role_id': there is no organization role '${body.role_id}'.`, {
      param: 'role_id',
    })
  }
  if (byName !== undefined && byName !== byId) {
    throw new ApiError('invalid_value', "Invalid 'role_id': it names another role than 'role' does.", {
      param: 'role_id',
    })
  }
  return byId as OrganizationRole
}

/** A call cannot take away the access it is made with: another owner can. */
export function refuseSelf(caller: Caller, user: Row<'organization_user'>, what: string) {
  if (user.id !== caller.userId) return
  throw new ApiError(
    'would_lock_out_caller',
    `You cannot ${what}: the key of this request would stop working. Another owner can do it.`,
    {
      param: 'user_id',
    },
  )
}

/** The organization keeps an owner. Two of them cannot remove one another: changes of an organization take turns. */
export async function refuseLastOwner(db: Db, user: Row<'organization_user'>) {
  const other = await members(db, user.organization_id)
    .where('role', '=', OWNER)
    .where('id', '!=', user.id)
    .limit(1)
    .execute()
  if (other.length > 0) return
  throw new ApiError(
    'last_organization_owner',
    `User '${user.id}' is the last owner of the organization. Make somebody else an owner first.`,
    {
      param: 'user_id',
    },
  )
}

export function userView(row: Row<'organization_user'>): User {
  return {
    object: 'organization.user',
    id: row.id,
    name: row.name,
    email: row.email,
    role: row.role,
    added_at: row.created_at,
    created: row.created_at,
    is_default: false,
    is_service_account: false,
    is_scale_tier_authorized_purchaser: null,
    is_scim_managed: false,
    api_key_last_used_at: row.api_key_last_used_at,
    technical_level: row.technical_level,
    developer_persona: row.developer_persona,
    projects: null,
    user: {
      object: 'user',
      id: row.id,
      email: row.email,
      name: row.name,
      picture: null,
      enabled: true,
      banned: false,
      banned_at: null,
    },
  }
}
