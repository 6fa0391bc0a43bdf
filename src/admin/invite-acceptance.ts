import { ApiError } from '../contract/error.ts'
import type { User } from '../contract/users.ts'
import type { NewId } from '../core/id.ts'
import { hashSecret } from '../core/key.ts'
import type { Db, Row, Tx } from '../db/tables.ts'
import type { PublicChange } from './handlers.ts'
import { isVouchedFor, type Membership, UNASKED_ROLE } from './invite-promise.ts'
import { holding } from './project-users.ts'
import { signedInActor } from './refused.ts'
import { setPredefinedRole } from './role-store.ts'
import { insertUser, userView } from './users.ts'

/** A link that may work: by the hash of its token, and whose it is. */
type Invited = { organizationId: string; hash: string }
/** A new user, and the change that made them one. */
export type Accepted = { user: Row<'organization_user'>; change: PublicChange<User> }

/** The invite behind a link's token. @throws ApiError where none waits */
export async function findInvited(db: Db, token: string, now: number): Promise<Invited> {
  const hash = hashSecret(token)
  const found = await db
    .selectFrom('invite')
    .select(['organization_id', 'expires_at'])
    .where('token_hash', '=', hash)
    .executeTakeFirst()
  if (!found || found.expires_at <= now) throw deadLink()
  return { organizationId: found.organization_id, hash }
}

/** Makes a user of whom an invite was sent to. The organization's other changes are over: one of them may have used or withdrawn it. */
export async function acceptInvite(
  tx: Tx,
  { name, ...invited }: Invited & { name: string },
  now: number,
  newId: NewId,
): Promise<Accepted> {
  const invite = await useInvite(tx, invited, now)
  if (!invite || !(await isVouchedFor(tx, invite))) throw deadLink()
  const { organization_id: organizationId, email, role } = invite
  const user = await insertUser(tx, { id: newId('user'), organizationId, email, name, role, now })
  const { default_project_id } = await tx
    .selectFrom('organization')
    .select('default_project_id')
    .where('id', '=', organizationId)
    .executeTakeFirstOrThrow()
  const wanted: Membership[] = JSON.parse(invite.projects) ?? [{ id: default_project_id, role: UNASKED_ROLE }]
  const joined = await joinProjects(tx, organizationId, wanted, user.id, now)
  const added = { type: 'user.added' as const }
  const change = {
    reply: userView(user),
    audit: { id: invite.id },
    also: [
      { ...added, payload: { id: user.id, data: { role } } },
      ...joined.map((to) => ({ ...added, payload: { id: user.id, data: { role: to.role } }, projectId: to.id })),
    ],
    organizationId,
    defaultProjectId: default_project_id,
    actor: signedInActor(user),
  }
  return { user, change }
}

const deadLink = () =>
  new ApiError(
    'not_found',
    'This invite link does not work: it was used, withdrawn or replaced, or it has expired. Ask for a new one.',
    { param: 'token' },
  )

/** Uses an invite up. Of two requests with one token, one gets it: the other finds it used, which is the same as unknown. */
function useInvite(db: Db, { organizationId, hash }: Invited, now: number): Promise<Row<'invite'> | undefined> {
  return db
    .updateTable('invite')
    .set({ accepted_at: now, token_hash: null })
    .where('organization_id', '=', organizationId)
    .where('token_hash', '=', hash)
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
