/** Whom a client calls: the model server itself, or the gate in front of it. */
export type Place = { url: string; key: string }

/**
 * What one user of a client does with it. It gives back all that the client told, which must be the same wherever it called;
 * what the client makes up itself, times and ids of its own, is left out.
 */
export type Scenario = (place: Place) => Promise<unknown>

/** By what is done. */
export type Scenarios = Record<string, Scenario>
