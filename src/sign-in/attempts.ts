/** How many attempts one may make in a moment, and the milliseconds after which one of them is there again. */
export type Rate = { most: number; everyMs: number }

/** Attempts by their names: a bucket that refills all the time. */
export type Attempts = {
  /** Looks, takes none and writes nothing. @returns 0 where there is an attempt, or the milliseconds until there is one */
  wait: (name: string) => Promise<number>
  /** Takes an attempt. @returns 0, or the milliseconds until there is one */
  take: (name: string) => Promise<number>
  /** An attempt that was none. */
  giveBack: (name: string) => Promise<void>
  /** All attempts are there again: who it is was proven. */
  forget: (name: string) => Promise<void>
}

/** Makes what counts attempts of one kind. @param kind a word that no other kind has */
export type CountAttempts = (kind: string, rate: Rate) => Attempts
