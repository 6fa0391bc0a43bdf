import type { ApiKey, apiKeys as routes } from '../contract/api-keys.ts'
import { allKeys, view, type WhichKeys } from './all-keys.ts'
import type { Handlers } from './handlers.ts'
import { passing } from './key-filter.ts'
import { page } from './page.ts'
import { type Looking, type Part, sifted } from './sifted.ts'

export const apiKeys: Handlers<typeof routes> = {
  list({ caller, query, ...looking }) {
    const { kind, owner_id: ownerId } = query
    return keysPage(looking, { organizationId: caller.organizationId, kind, ownerId }, query)
  },
}

/** A page of keys: those of archived projects are kept for the gate, and no longer shown. */
export async function keysPage(
  { db, isLeft, now }: Looking,
  which: WhichKeys,
  query: Part & { name?: string; status?: ApiKey['status'] },
) {
  const passes = passing(query, now)
  const rows = await sifted(
    isLeft,
    query,
    (part) => allKeys(db, which, part),
    (key) => key.archived_at === null && passes(key),
  )
  return page(rows, query.limit, (row) => view(row, now))
}
