import { organizationAccess } from './access.ts'
import type { Db, Row } from './tables.ts'

type Alert = Pick<Row<'spend_alert'>, 'organization_id' | 'recipients' | 'created_by'>

/**
 * The addresses that an alert's mail goes to now. All of them where who set it is an owner still, or that was not kept; else those of people who
 * are in the organization: mail to others is an owner's to order.
 */
export async function recipientsOf(db: Db, alert: Alert): Promise<string[]> {
  const { organization_id: organizationId, created_by } = alert
  const all: string[] = JSON.parse(alert.recipients)
  if (created_by === null || (await organizationAccess(db, { organizationId, id: created_by })).owner) return all
  const found = await db
    .selectFrom('organization_user')
    .select('email_key')
    .where('organization_id', '=', organizationId)
    .where('removed_at', 'is', null)
    .where(
      'email_key',
      'in',
      all.map((address) => address.toLowerCase()),
    )
    .execute()
  const members = new Set(found.map(({ email_key }) => email_key))
  return all.filter((address) => members.has(address.toLowerCase()))
}
