/** The kinds of things that model servers keep and that belong to a project: each has one way to be owned. */
export const ownedKinds = ['response', 'item'] as const
export type OwnedKind = (typeof ownedKinds)[number]

/** One of them, by the id that its model server gave it. */
export type Owned = { kind: OwnedKind; id: string }

/**
 * Whether something that a model server keeps can have this id: what can stand in a path and in an index. One rule for all
 * who ask: what nobody could ask for gets no owner either.
 */
export const isOwnedId = (text: string) => /^[A-Za-z0-9_-]{1,200}$/.test(text)

/** One text for each thing, since two kinds can have the same id. */
export const keyOf = ({ kind, id }: Owned) => `${kind} ${id}`
