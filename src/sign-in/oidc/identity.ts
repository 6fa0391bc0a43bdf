import type { Db } from '../../db/tables.ts'
import type { Person } from '../session.ts'

/** Somebody, as a provider calls them. */
export type Named = { issuer: string; subject: string }

/** Who that is in each organization, those too who were removed. The oldest organization first. */
export const findIdentities = (db: Db, { issuer, subject }: Named) =>
  db
    .selectFrom('oidc_identity as i')
    .innerJoin('organization_user as u', (join) =>
      join.onRef('u.organization_id', '=', 'i.organization_id').onRef('u.id', '=', 'i.user_id'),
    )
    .select(['i.organization_id', 'i.user_id', 'u.removed_at'])
    .where('i.issuer', '=', issuer)
    .where('i.subject', '=', subject)
    .orderBy('i.organization_id')
    .execute()

/** Whom this subject stands for in an organization, whether they were removed or not. */
export const findIdentity = (db: Db, { issuer, subject }: Named, organizationId: string) =>
  db
    .selectFrom('oidc_identity')
    .select('user_id')
    .where('organization_id', '=', organizationId)
    .where('issuer', '=', issuer)
    .where('subject', '=', subject)
    .executeTakeFirst()

/** Whether the provider calls somebody something already. */
export async function isBound(db: Db, issuer: string, { organizationId, userId }: Person): Promise<boolean> {
  const found = await db
    .selectFrom('oidc_identity')
    .select('user_id')
    .where('organization_id', '=', organizationId)
    .where('user_id', '=', userId)
    .where('issuer', '=', issuer)
    .executeTakeFirst()
  return found !== undefined
}

/** From now on this subject is that user: whom it was before was removed. */
export async function bind(db: Db, { issuer, subject }: Named, person: Person, now: number): Promise<void> {
  const { organizationId: organization_id, userId: user_id } = person
  await db
    .insertInto('oidc_identity')
    .values({ organization_id, issuer, subject, user_id, created_at: now })
    .onConflict((conflict) =>
      conflict.columns(['issuer', 'subject', 'organization_id']).doUpdateSet({ user_id, created_at: now }),
    )
    .execute()
}
