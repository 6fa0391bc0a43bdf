import type { NewId } from '../core/id.ts'
import type { Db, Row } from '../db/tables.ts'
import { findAccount } from '../sign-in/account.ts'
import type { Claims } from '../sign-in/oidc/claims.ts'
import { bind, findIdentities, findIdentity, isBound } from '../sign-in/oidc/identity.ts'
import type { ProviderSettings } from '../sign-in/oidc/provider.ts'
import type { Change } from './handlers.ts'
import { knownAs } from './proven.ts'
import { SignInRefused } from './provider-refusal.ts'
import { KnownCallerRefused } from './refused.ts'
import { emailKey, insertUser, members } from './users.ts'

type Events = NonNullable<Change<unknown>['also']>
type User = Row<'organization_user'>

/** The organization that somebody is to sign in to, and whether it takes in strangers. */
export type Entered = { organizationId: string; takesIn: boolean }

/**
 * Which organization somebody is to sign in to: where they are somebody already, or else where their address is, or else the oldest. That alone
 * takes strangers in, where the operator says so: others are not the operator's to open. Read before the transaction, which asks again who they
 * are there.
 * @param wanted the organization that they ask for, if they do
 */
export async function organizationFor(
  db: Db,
  { issuer, unknownUsers }: ProviderSettings,
  { subject, email, isVerified }: Claims,
  wanted: string | null,
): Promise<Entered | null> {
  const enter = (organizationId: string, takesIn = false) => ({ organizationId, takesIn })
  const known = (await findIdentities(db, { issuer, subject })).filter(
    (one) => wanted === null || one.organization_id === wanted,
  )
  const living = known.find(({ removed_at }) => removed_at === null)
  if (living) return enter(living.organization_id)
  // A password says nothing here: the owners of another organization could set one there for an address that they have added.
  const byAddress =
    isVerified && email !== null ? await findAccount(db, emailKey(email), wanted ?? undefined, 'oldest') : null
  if (byAddress) return enter(byAddress.user.organization_id)
  if (known[0]) return enter(known[0].organization_id)
  const oldest = await db.selectFrom('organization').select('id').orderBy('id').limit(1).executeTakeFirst()
  return oldest && (wanted ?? oldest.id) === oldest.id ? enter(oldest.id, unknownUsers === 'reader') : null
}

/**
 * The user that somebody is to an organization: whom the provider's subject stands for, and at their first sign-in whose address it is. From then
 * on the address counts no more: who gets it next is somebody else.
 * @throws SignInRefused, or KnownCallerRefused for a user who is known
 */
export async function userOf(
  tx: Db,
  organization: Row<'organization'>,
  { issuer }: ProviderSettings,
  claims: Claims,
  { takesIn, now, newId }: { takesIn: boolean; now: number; newId: NewId },
): Promise<{ user: User; also: Events }> {
  const { subject, email, name, isVerified } = claims
  const { id: organizationId } = organization
  const identity = await findIdentity(tx, { issuer, subject }, organizationId)
  const named = identity && (await members(tx, organizationId).where('id', '=', identity.user_id).executeTakeFirst())
  if (named) return { user: named, also: [] }
  if (email === null || !isVerified) throw new SignInRefused('unverified_address')
  const found = await members(tx, organizationId).where('email_key', '=', emailKey(email)).executeTakeFirst()
  if (found && (await isBound(tx, issuer, { organizationId, userId: found.id }))) {
    const known = knownAs({ user: found, defaultProjectId: organization.default_project_id })
    throw new KnownCallerRefused(known, new SignInRefused('other_account'))
  }
  // Who was removed does not come back by themselves, whether they had come by the provider before or not.
  const isRefused = !found && (identity || !takesIn || (await wasRemoved(tx, organizationId, email)))
  if (isRefused) throw new SignInRefused('no_member')
  const role = 'reader' as const
  const user =
    found ?? (await insertUser(tx, { id: newId('user'), organizationId, email, name: name ?? email, role, now }))
  await bind(tx, { issuer, subject }, { organizationId, userId: user.id }, now)
  const event = found
    ? { type: 'user.updated' as const, payload: { id: user.id, changes_requested: { sign_in: 'openid_connect' } } }
    : { type: 'user.added' as const, payload: { id: user.id, data: { role } } }
  return { user, also: [event] }
}

/** Whether somebody with this address was a user of an organization, and was removed. */
async function wasRemoved(db: Db, organizationId: string, email: string): Promise<boolean> {
  const removed = await db
    .selectFrom('organization_user')
    .select('id')
    .where('organization_id', '=', organizationId)
    .where('email_key', '=', emailKey(email))
    .where('removed_at', 'is not', null)
    .limit(1)
    .executeTakeFirst()
  return removed !== undefined
}
