/** Milliseconds until a model server is first asked how a response stands. */
export const FIRST_MS = 1000
/** And between two questions, at most: the longer it takes, the less often. */
const LONGEST_MS = 30_000
/** The part of its age after which one is asked about again. */
const SHARE = 8

/** Milliseconds until one is asked about again. @param ageMs since it was begun */
export const pauseOf = (ageMs: number): number => Math.min(LONGEST_MS, Math.max(FIRST_MS, ageMs / SHARE))
