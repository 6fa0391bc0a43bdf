import type { Db, Row } from '../db/tables.ts'

/** Characters of an organization's name that stand in an app's list. */
const LONGEST = 40

/**
 * What an authenticator app reads off a picture. It is listed by the organization as well: the same address may be in several, and some apps put
 * a second one of the same name in the place of the first.
 */
export async function setupUri(
  db: Db,
  { email, organization_id }: Pick<Row<'organization_user'>, 'email' | 'organization_id'>,
  secret: string,
): Promise<string> {
  const { name } = await db
    .selectFrom('organization')
    .select('name')
    .where('id', '=', organization_id)
    .executeTakeFirstOrThrow()
  // No colon: it stands between the two parts of the label.
  const shown = [...name.replaceAll(':', ' ')].slice(0, LONGEST).join('').trim()
  const issuer = encodeURIComponent(`Gatehouse ${shown}`)
  return `otpauth://totp/${issuer}:${encodeURIComponent(email)}?secret=${secret}&issuer=${issuer}`
}
