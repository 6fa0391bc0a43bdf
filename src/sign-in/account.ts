import type { Db, Row } from '../db/tables.ts'

/** Somebody who may have a password. */
export type Account = {
  user: Pick<Row<'organization_user'>, 'id' | 'organization_id' | 'email' | 'email_key' | 'name'>
  defaultProjectId: string
  /** As it is kept; null: they have none. */
  password: string | null
}

/**
 * The account of an address: in that organization, or else the oldest with a password, or else the oldest. One statement, whoever is there.
 * @param emailKey what addresses are compared by
 * @param first the oldest, for who comes without a password: where there is one is nothing that leads them
 */
export async function findAccount(
  db: Db,
  emailKey: string,
  organizationId?: string,
  first: 'with a password' | 'oldest' = 'with a password',
): Promise<Account | null> {
  let users = db
    .selectFrom('organization_user as u')
    .innerJoin('organization as o', 'o.id', 'u.organization_id')
    .leftJoin('user_password as p', (join) =>
      join.onRef('p.organization_id', '=', 'u.organization_id').onRef('p.user_id', '=', 'u.id'),
    )
    .select(['u.id', 'u.organization_id', 'u.email', 'u.email_key', 'u.name', 'o.default_project_id', 'p.hash'])
    .where('u.email_key', '=', emailKey)
    .where('u.removed_at', 'is', null)
  if (organizationId !== undefined) users = users.where('u.organization_id', '=', organizationId)
  const all = await users.orderBy('u.id').execute()
  const found = (first === 'oldest' ? undefined : all.find(({ hash }) => hash !== null)) ?? all[0]
  if (!found) return null
  const { hash, default_project_id, ...user } = found
  return { user, defaultProjectId: default_project_id, password: hash }
}
