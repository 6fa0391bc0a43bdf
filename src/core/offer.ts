/**
 * The kinds of things that a model server keeps for its account, as an upstream of the configuration says that it has them: one
 * word each.
 */
export const offers = ['files', 'uploads', 'conversations', 'chats'] as const
export type Offer = (typeof offers)[number]
