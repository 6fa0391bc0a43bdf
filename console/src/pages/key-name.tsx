import type { ReactNode } from 'react'
import type { Item } from '../api/operations.ts'
import { Name } from '../patterns/table.tsx'

type Key = Pick<Item<'GET /v1/organization/api_keys'>, 'name' | 'status'>

/** Lists of one kind of key do not say it: an expired key is just that, disabled or not. */
export const statusOf = (key: { disabled_at: number | null; expires_at: number | null }): Key['status'] =>
  key.expires_at !== null && key.expires_at * 1000 <= Date.now()
    ? 'expired'
    : key.disabled_at !== null
      ? 'disabled'
      : 'active'

const badges: Record<Key['status'], ReactNode> = {
  active: null,
  disabled: <span className="badge warn">Disabled</span>,
  expired: <span className="badge">Expired</span>,
}

/** `sk-proj-…x1y2`: as much of a key as tells it from others. */
export const short = (redacted: string): string => redacted.replace(/\*+/, '…')

/** What a key is called, and why it opens nothing, where that is so. */
export const KeyName = ({ of: { name, status } }: { of: Key }) => (
  <span className="named">
    <Name>{name}</Name>
    {badges[status]}
  </span>
)
