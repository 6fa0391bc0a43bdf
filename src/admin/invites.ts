import { ApiError, projectArchived } from '../contract/error.ts'
import type { Invite, invites as routes } from '../contract/invites.ts'
import { hashSecret } from '../core/key.ts'
import { idsAfterNewest } from '../db/audit.ts'
import { lockOrganization } from '../db/lock.ts'
import type { Db, Row } from '../db/tables.ts'
import type { Caller, Handlers } from './handlers.ts'
import { isVouchedFor, type Membership, promised, UNASKED_ROLE } from './invite-promise.ts'
import { existing } from './owned.ts'
import { behind, page } from './page.ts'
import { holding } from './project-users.ts'
import { setPredefinedRole } from './role-store.ts'
import { alreadyInOrganization, emailKey, insertUser, members, userView } from './users.ts'

/** The original's: an invite expires exactly seven days after it was sent. */
const LIFETIME = 7 * 24 * 3600

export const invites: Handlers<typeof routes> = {
  async list({ db, caller, query, now }) {
    const rows = behind(all(db, caller.organizationId), query, 'invite')
    return page(await rows.execute(), query.limit, (row) => inviteView(row, now))
  },

  async create({ db, caller, body, now, newId }) {
    const key = emailKey(body.email)
    const member = await members(db, caller.organizationId).where('email_key', '=', key).executeTakeFirst()
    if (member) throw alreadyInOrganization(body.email)
    const projects = body.projects ?? null
    await checkProjects(db, caller, projects ?? [])
    const row = {
      id: newId('invite'),
      organization_id: caller.organizationId,
      email: body.email,
      email_key: key,
      role: body.role,
      projects: JSON.stringify(projects),
      token_hash: null,
      created_at: now,
      expires_at: Math.min(now + LIFETIME, caller.expiresAt ?? Infinity),
      accepted_at: null,
      created_by: caller.userId,
    }
    const replaced = await replacePending(db, row)
    await db.insertInto('invite').values(row).execute()
    return {
      reply: inviteView(row, now),
      audit: { id: row.id, data: { email: row.email, role: row.role } },
      also: replaced.map(({ id }) => ({ type: 'invite.deleted' as const, payload: { id } })),
      rights: { permissions: [row, ...replaced].flatMap(promised) },
    }
  },

  async retrieve({ db, caller, params, now }) {
    return inviteView(await findInvite(db, caller.organizationId, params.invite_id), now)
  },

  async delete({ db, caller, params }) {
    const invite = await findInvite(db, caller.organizationId, params.invite_id)
    const { id } = invite
    const done = await db
      .deleteFrom('invite')
      .where('organization_id', '=', caller.organizationId)
      .where('id', '=', id)
      .where('accepted_at', 'is', null)
      .executeTakeFirst()
    if (done.numDeletedRows === 0n) {
      throw new ApiError(
        'invite_already_accepted',
        `Invite '${id}' has already been accepted, so it cannot be deleted.`,
        {
          param: 'invite_id',
        },
      )
    }
    const rights = { permissions: promised(invite) }
    return { reply: { object: 'organization.invite.deleted', id, deleted: true }, audit: { id }, rights }
  },

  async accept({ db, body, now, newId }) {
    const invite = await useToken(db, body.token, now)
    const { organization_id: organizationId, email, role } = invite
    const ids = await idsAfterNewest(db, organizationId, newId)
    const user = await insertUser(db, { id: ids('user'), organizationId, email, name: body.name, role, now })
    const { default_project_id } = await db
      .selectFrom('organization')
      .select('default_project_id')
      .where('id', '=', organizationId)
      .executeTakeFirstOrThrow()
    const wanted: Membership[] = JSON.parse(invite.projects) ?? [{ id: default_project_id, role: UNASKED_ROLE }]
    const joined = await joinProjects(db, organizationId, wanted, user.id, now)
    const added = { type: 'user.added' as const }
    return {
      reply: userView(user),
      audit: { id: invite.id },
      also: [
        { ...added, payload: { id: user.id, data: { role } } },
        ...joined.map((to) => ({ ...added, payload: { id: user.id, data: { role: to.role } }, projectId: to.id })),
      ],
      organizationId,
      defaultProjectId: default_project_id,
      actor: { type: 'session', session: { user: { id: user.id, email } } },
    }
  },
}

const all = (db: Db, organizationId: string) =>
  db.selectFrom('invite').selectAll().where('organization_id', '=', organizationId)

export async function findInvite(db: Db, organizationId: string, id: string): Promise<Row<'invite'>> {
  const invite = await all(db, organizationId).where('id', '=', id).executeTakeFirst()
  return existing(invite, 'invite_id', id)
}

/** One invite at a time waits for an address; a newer one takes the place of an older one, whose link dies. */
function replacePending(db: Db, invite: Pick<Row<'invite'>, 'organization_id' | 'email_key'>) {
  return db
    .deleteFrom('invite')
    .where('organization_id', '=', invite.organization_id)
    .where('email_key', '=', invite.email_key)
    .where('accepted_at', 'is', null)
    .returning(['id', 'role', 'projects'])
    .execute()
}

/** Each project must be the organization's and active, and stand there once. */
async function checkProjects(db: Db, caller: Caller, wanted: readonly Membership[]) {
  if (wanted.length === 0) return
  const ids = wanted.map((project) => project.id)
  const found = await db
    .selectFrom('project')
    .select(['id', 'archived_at'])
    .where('organization_id', '=', caller.organizationId)
    .where('id', 'in', ids)
    .execute()
  ids.forEach((id, i) => {
    const param = `projects[${i}].id`
    const project = found.find((row) => row.id === id)
    if (!project) throw new ApiError('invalid_value', `Invalid '${param}': there is no project '${id}'.`, { param })
    if (project.archived_at !== null) throw projectArchived(id, param)
    if (ids.indexOf(id) !== i)
      throw new ApiError('invalid_value', `Invalid '${param}': '${id}' is listed twice.`, { param })
  })
}

/** Uses an invite up. Of two requests with one token, one gets it: the other finds it used, which is the same as unknown. */
async function useToken(db: Db, token: string, now: number): Promise<Row<'invite'>> {
  const token_hash = hashSecret(token)
  const found = await db
    .selectFrom('invite')
    .select('organization_id')
    .where('token_hash', '=', token_hash)
    .executeTakeFirst()
  const invite = found && (await useInvite(db, { ...found, token_hash }, now))
  if (invite && (await isVouchedFor(db, invite))) return invite
  const message =
    'This invite link does not work: it was used, withdrawn or replaced, or it has expired. Ask for a new one.'
  throw new ApiError('not_found', message, { param: 'token' })
}

/** The organization's other changes are over when it is looked at again: one of them may have used or withdrawn it. */
async function useInvite(
  db: Db,
  { organization_id, token_hash }: Pick<Row<'invite'>, 'organization_id' | 'token_hash'>,
  now: number,
): Promise<Row<'invite'> | undefined> {
  await lockOrganization(db, organization_id)
  return db
    .updateTable('invite')
    .set({ accepted_at: now, token_hash: null })
    .where('organization_id', '=', organization_id)
    .where('token_hash', '=', token_hash)
    .where('accepted_at', 'is', null)
    .where('expires_at', '>', now)
    .returningAll()
    .executeTakeFirst()
}

/** Memberships of those projects that are still active. */
async function joinProjects(
  db: Db,
  organizationId: string,
  wanted: readonly Membership[],
  userId: string,
  now: number,
): Promise<Membership[]> {
  if (wanted.length === 0) return []
  const active = await db
    .selectFrom('project')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where(
      'id',
      'in',
      wanted.map((project) => project.id),
    )
    .where('archived_at', 'is', null)
    .execute()
  const joined = wanted.filter((project) => active.some((row) => row.id === project.id))
  if (joined.length === 0) return []
  const rows = joined.map(({ id }) => ({ project_id: id, user_id: userId, role: null, added_at: now }))
  await db
    .insertInto('project_user')
    .values(rows.map((row) => ({ ...row, organization_id: organizationId })))
    .execute()
  for (const { id, role } of joined) {
    await setPredefinedRole(db, holding({ id, organization_id: organizationId }, userId), role, now)
  }
  return joined
}

export function inviteView(row: Row<'invite'>, now: number): Invite {
  return {
    object: 'organization.invite',
    id: row.id,
    email: row.email,
    role: row.role,
    status: row.accepted_at !== null ? 'accepted' : row.expires_at <= now ? 'expired' : 'pending',
    created_at: row.created_at,
    expires_at: row.expires_at,
    accepted_at: row.accepted_at,
    projects: JSON.parse(row.projects) ?? [],
  }
}
