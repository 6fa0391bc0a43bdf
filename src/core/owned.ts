/** The kinds of things that model servers keep and that belong to a project: each has one way to be owned, see `src/gateway/kinds/`. */
export const ownedKinds = [
  ...(['response', 'item', 'file', 'upload', 'part', 'conversation', 'chat'] as const),
  ...(['vector_store', 'vector_store_file_batch', 'container', 'container_file'] as const),
] as const
export type OwnedKind = (typeof ownedKinds)[number]

/** One of them, by the id that its model server gave it. */
export type Owned = { kind: OwnedKind; id: string }

/** One that is its project's before anybody hears of it, and that its project's lists show. */
export type Kept = Owned & {
  /** What lists are narrowed by: a file's purpose. Null for a kind that is not narrowed, or one that says nothing. */
  label: string | null
  /** Unix seconds; null: it is kept until somebody deletes it. */
  expiresAt: number | null
}

/** Unix seconds at which what has no end ends: the last moment of the year 9999. */
export const NEVER = 253_402_300_799

/** What a list asks for of a project's own. */
export type ListAsked = {
  kind: OwnedKind
  /** Those with this label alone; null: all. */
  label: string | null
  /** The last that was shown before; null: from the beginning. */
  after: string | null
  /** The first that is not shown any more; null: to the end. */
  until: string | null
  /** By when they were made: the newest first, or the oldest. */
  order: 'asc' | 'desc'
  /** At most so many. */
  limit: number
}

/**
 * Whether something that a model server keeps can have this id: what can stand in a path and in an index. One rule for all
 * who ask: what nobody could ask for gets no owner either.
 */
export const isOwnedId = (text: string) => /^[A-Za-z0-9_-]{1,200}$/.test(text)

/** One text for each thing, since two kinds can have the same id. */
export const keyOf = ({ kind, id }: Owned) => `${kind} ${id}`
