/**
 * The kinds of things that a model server keeps for its account, as an upstream of the configuration says that it has them: one
 * word each.
 */
export const offers = [
  ...(['files', 'uploads', 'vector_stores', 'containers', 'conversations', 'chats', 'batches', 'background'] as const),
] as const
export type Offer = (typeof offers)[number]

/** The name under which the gate keeps things itself; no upstream of a configuration can be called so. */
export const OWN_UPSTREAM = 'gatehouse:files'
/** What it offers where no upstream does. */
export const ownOffers: readonly Offer[] = ['files', 'uploads']
