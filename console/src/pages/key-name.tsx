import type { ReactNode } from 'react'
import type { Item } from '../api/operations.ts'
import { Name } from '../patterns/table.tsx'

type Key = Pick<Item<'GET /v1/organization/api_keys'>, 'name' | 'status'>

const badges: Record<Key['status'], ReactNode> = {
  active: null,
  disabled: <span className="badge warn">Disabled</span>,
  expired: <span className="badge">Expired</span>,
}

/** What a key is called, and why it opens nothing, where that is so. */
export const KeyName = ({ of: { name, status } }: { of: Key }) => (
  <span className="named">
    <Name>{name}</Name>
    {badges[status]}
  </span>
)
