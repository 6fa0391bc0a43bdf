import type { Db, Row } from '../db/tables.ts'
import type { Mutator } from './mutation.ts'
import { makePasswordLink } from './password-link.ts'
import { members, OWNER } from './users.ts'

/**
 * A link for the oldest owner of the oldest organization, as long as none of its owners has a password or has signed in by the provider:
 * somebody has to be able to sign in. One that was made before stops working.
 * @param issuer of the provider; null: there is none
 * @param now Unix seconds
 * @returns its token; null where it is not needed
 */
export async function firstOwnersLink(app: Mutator, issuer: string | null, now: number): Promise<string | null> {
  const { db } = app
  const organization = await db.selectFrom('organization').selectAll().orderBy('id').limit(1).executeTakeFirst()
  if (!organization || (await canSignIn(db, organization, issuer))) return null
  const owner = await members(db, organization.id).where('role', '=', OWNER).orderBy('id').limit(1).executeTakeFirst()
  return owner ? (await makePasswordLink(app, organization, owner.id, now)).token : null
}

async function canSignIn(db: Db, { id }: Row<'organization'>, issuer: string | null): Promise<boolean> {
  const owner = await db
    .selectFrom('organization_user as u')
    .leftJoin('user_password as p', (join) =>
      join.onRef('p.organization_id', '=', 'u.organization_id').onRef('p.user_id', '=', 'u.id'),
    )
    .leftJoin('oidc_identity as i', (join) =>
      join
        .onRef('i.organization_id', '=', 'u.organization_id')
        .onRef('i.user_id', '=', 'u.id')
        .on('i.issuer', '=', issuer ?? ''),
    )
    .select('u.id')
    .where('u.organization_id', '=', id)
    .where('u.role', '=', OWNER)
    .where('u.removed_at', 'is', null)
    .where((eb) => eb.or([eb('p.user_id', 'is not', null), eb('i.user_id', 'is not', null)]))
    .limit(1)
    .executeTakeFirst()
  return owner !== undefined
}
