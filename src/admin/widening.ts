import { usableWith } from '../core/permission.ts'
import type { Row } from '../db/tables.ts'
import type { Rights } from './handlers.ts'

type Narrowed = Pick<Row<'project_api_key'>, 'scopes' | 'expires_at' | 'disabled_at'>

/**
 * What a key can do after a change and could not before, whoever owns it: all that it can do at all, where it ends later or is
 * enabled again. To narrow it hands nothing out. An empty list of scopes is all that its owner may come to do.
 */
export function widening(before: Narrowed, after: Narrowed): Rights {
  const [had, has] = [before, after].map(({ scopes }) => usableWith(JSON.parse(scopes)))
  const longer = before.expires_at !== null && (after.expires_at === null || after.expires_at > before.expires_at)
  const again = before.disabled_at !== null && after.disabled_at === null
  const permissions = (has ?? []).filter((permission) => longer || again || !had?.includes(permission))
  return { permissions, ...(permissions.length > 0 && { until: after.expires_at }) }
}
