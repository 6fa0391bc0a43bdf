import type { ApiKey, apiKeys as routes } from '../contract/api-keys.ts'
import type { Db } from '../db/tables.ts'
import { allKeys, view, type WhichKeys } from './all-keys.ts'
import type { Handlers } from './handlers.ts'
import { passing } from './key-filter.ts'
import { page } from './page.ts'
import { type Part, sifted } from './sifted.ts'

export const apiKeys: Handlers<typeof routes> = {
  list({ db, caller, query, now }) {
    const { kind, owner_id: ownerId } = query
    return keysPage(db, { organizationId: caller.organizationId, kind, ownerId }, query, now)
  },
}

/** A page of keys: those of archived projects are kept for the gate, and no longer shown. @param now Unix seconds */
export async function keysPage(
  db: Db,
  which: WhichKeys,
  query: Part & { name?: string; status?: ApiKey['status'] },
  now: number,
) {
  const passes = passing(query, now)
  const rows = await sifted(
    query,
    (part) => allKeys(db, which, part),
    (key) => key.archived_at === null && passes(key),
  )
  return page(rows, query.limit, (row) => view(row, now))
}
