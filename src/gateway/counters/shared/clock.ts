import type { SharedMemory } from './memory.ts'

/**
 * Milliseconds since the memory was made, on a clock that never steps back and is the same in all threads: `performance.now`
 * begins with each of them, and what it says of its beginning is the wall's time, which can be set.
 */
export function clockOf({ origin }: Pick<SharedMemory, 'origin'>): () => number {
  const skew = Number(process.hrtime.bigint() - origin) / 1e6 - performance.now()
  return () => performance.now() + skew
}
