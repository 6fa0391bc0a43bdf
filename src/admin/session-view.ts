import type { Session } from '../contract/sessions.ts'
import type { Row } from '../db/tables.ts'

/** @param current the id of the session that asks, if one does */
export function sessionView(
  row: Row<'session'>,
  { id, email, name }: Pick<Row<'organization_user'>, 'id' | 'email' | 'name'>,
  current: string | null,
): Session {
  return {
    object: 'organization.session',
    id: row.id,
    organization_id: row.organization_id,
    user: { id, email, name },
    is_current: row.id === current,
    created_at: row.created_at,
    last_used_at: row.last_used_at,
    expires_at: row.expires_at,
    ip_address: row.ip_address,
    user_agent: row.user_agent,
  }
}
