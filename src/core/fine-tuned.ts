/** Of what belongs to no project at all. */
export const NO_PROJECT: ReadonlySet<string> = new Set()

/**
 * Whether a name is that of a fine-tuned model: such a model holds what somebody trained it with, and the account of a model server
 * lists it for all who share that. Routers put a provider before it (`openai/ft:…`).
 */
export const isFineTuned = (name: string): boolean => /(?:^|\/)ft:/i.test(name)
