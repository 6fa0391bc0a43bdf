import { allKeys, type KeyOfAny, type WhichKeys } from './all-keys.ts'
import { type Found, item, MOST } from './attention-item.ts'
import { endingKeys, SOON } from './ending-keys.ts'
import { statusOf } from './key-filter.ts'
import { type Looking, type Part, sifted } from './sifted.ts'

const UNUSED = 90 * 86_400
/** So many keys are looked at and some more, the oldest: when each was used last changes too often for an index. */
const LOOKED_AT = 10_000

/** Keys that open something, and that nobody has used for three months. */
export async function unusedKeys(looking: Looking, which: WhichKeys): Promise<Found> {
  const { now } = looking
  const before = now - UNUSED
  const usedAt = (key: KeyOfAny) => key.last_used_at ?? key.created_at
  const { rows, cut } = await among(looking, which, before, (key) => isOpen(key, now) && usedAt(key) <= before)
  return { items: rows.map((row) => ofKey(row, { since: usedAt(row) })), cut }
}

/** Keys that end within two weeks, the first to end first. */
export async function expiringKeys(looking: Looking, which: WhichKeys): Promise<Found> {
  const { db, now } = looking
  const ends = ({ expires_at }: Pick<KeyOfAny, 'expires_at'>) => expires_at ?? Infinity
  // Those of one person are few, and in no index by their end.
  const { rows, cut } =
    which.ownerId === undefined
      ? { rows: await endingKeys(db, which.organizationId, now, MOST), cut: false }
      : await among(looking, which, now, (key) => isOpen(key, now) && ends(key) <= now + SOON)
  const sorted = [...rows].sort((a, b) => ends(a) - ends(b))
  return { items: sorted.map((row) => ofKey(row, { until: row.expires_at })), cut }
}

const isOpen = (key: KeyOfAny, now: number) => key.archived_at === null && statusOf(key, now) === 'active'

/** Those of the oldest keys that pass. @param madeBy Unix seconds: younger ones do not */
async function among({ db, isLeft }: Looking, which: WhichKeys, madeBy: number, passes: (key: KeyOfAny) => boolean) {
  let looked = 0
  let cut = false
  const window = async (part: Part) => {
    cut = looked >= LOOKED_AT
    if (cut) return []
    const rows = await allKeys(db, which, part)
    looked += rows.length
    // They are in the order in which they were made: behind a young one are younger ones.
    return (rows.at(-1)?.created_at ?? madeBy) > madeBy ? rows.slice(0, part.limit) : rows
  }
  const rows = await sifted(isLeft, { limit: MOST }, window, passes)
  return { rows, cut }
}

type Named = Pick<KeyOfAny, 'id' | 'name' | 'project_id' | 'project_name'>

function ofKey({ id, name, project_id, project_name }: Named, when: { since?: number; until?: number | null }) {
  const project = project_id === null ? null : { id: project_id, name: project_name ?? '' }
  return item({ severity: 'warning', subject: { type: 'api_key', id, name }, project, ...when })
}
