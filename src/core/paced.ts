/** Requests whose bodies go on while they come, so that nothing is kept of them. */
const paced = new WeakSet<object>()

/** The body of this request goes on while it comes: it may take as long as it comes at a pace, and has no time in which it must be here. */
export const pace = (request: object): unknown => paced.add(request)

/** Nobody takes what still comes of it: it has to come to its end in the time that any request has. */
export const paceNoMore = (request: object): unknown => paced.delete(request)

export const isPaced = (request: object): boolean => paced.has(request)
