import type { ApiKey } from '../contract/api-keys.ts'
import type { Row } from '../db/tables.ts'
import { searching } from './sifted.ts'

type Key = Pick<Row<'project_api_key'>, 'name' | 'expires_at' | 'disabled_at' | 'user_id' | 'service_account_id'>

/** How a key stands now. @param now Unix seconds */
export function statusOf(key: Pick<Key, 'expires_at' | 'disabled_at'>, now: number): ApiKey['status'] {
  if (key.expires_at !== null && key.expires_at <= now) return 'expired'
  return key.disabled_at === null ? 'active' : 'disabled'
}

/** Whether a key is one of those that are looked for. @param now Unix seconds */
export function passing(
  { name, status, owner_id }: { name?: string; status?: ApiKey['status']; owner_id?: string },
  now: number,
): (key: Key) => boolean {
  const named = searching(name)
  return (key) =>
    (status === undefined || statusOf(key, now) === status) &&
    (owner_id === undefined || owner_id === (key.user_id ?? key.service_account_id)) &&
    named(key.name)
}
