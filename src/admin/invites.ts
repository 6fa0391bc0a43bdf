import { ApiError, projectArchived } from '../contract/error.ts'
import type { Invite, invites as routes } from '../contract/invites.ts'
import type { Db, Row } from '../db/tables.ts'
import { setPassword } from '../sign-in/store.ts'
import type { Caller, Handlers } from './handlers.ts'
import { type Accepted, acceptInvite, findInvited } from './invite-acceptance.ts'
import { type Membership, promised } from './invite-promise.ts'
import { existing } from './owned.ts'
import { behind, page } from './page.ts'
import { Passed } from './passed.ts'
import { personOf, refuseWhereOff } from './proven.ts'
import { type SigningIn, signedIn } from './signed-in.ts'
import { alreadyInOrganization, emailKey, members } from './users.ts'

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

  async accept({ db, body: { token, name, password }, signIn, origin, now }) {
    const found = await findInvited(db, token, now)
    if (password !== undefined) refuseWhereOff(signIn)
    const hash = password === undefined ? null : await signIn.guard.hash(found.hash, origin.ip, password)
    return {
      organizationId: found.organizationId,
      async finish(tx, newId) {
        const accepted = await acceptInvite(tx, { ...found, name }, now, newId)
        if (hash === null) return accepted.change
        return withSession(tx, accepted, hash, { signIn, origin, now, newId })
      },
    }
  },
}

/** The new user has a password, and is signed in with it where that is all that is asked for. */
async function withSession(tx: Db, { user, change }: Accepted, hash: string, at: Omit<SigningIn, 'passed'>) {
  const person = personOf(user)
  await setPassword(tx, person, hash, at.now)
  const passed = await Passed.by(tx, person, { by: 'nothing' }, at.signIn.asksForFactor)
  if (passed === null) return change
  const { audit: payload, cookie } = await signedIn(tx, user, { ...at, passed })
  return {
    ...change,
    also: [...(change.also ?? []), { type: 'login.succeeded' as const, payload }],
    ...(cookie && { cookie }),
  }
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
