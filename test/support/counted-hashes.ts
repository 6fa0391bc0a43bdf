import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'

type Work = typeof crypto.argon2

/** The hashes of passwords in this process: how many were begun, and none begins while they are held. */
export type Hashes = { count: number; hold: () => { release: () => void } }

/** To be called before the program is loaded, which takes the function along. */
export function countHashes(): Hashes {
  const real: Work = crypto.argon2
  let held: Promise<void> = Promise.resolve()
  const hashes: Hashes = {
    count: 0,
    hold: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      held = promise
      return { release: resolve }
    },
  }
  const counting: Work = (...args) => {
    hashes.count++
    void held.then(() => real(...args))
  }
  crypto.argon2 = counting
  syncBuiltinESMExports()
  return hashes
}
