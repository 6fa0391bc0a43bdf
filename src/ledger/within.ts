import { setTimeout as sleep } from 'node:timers/promises'

/**
 * Waits for work, but no longer than so many milliseconds: a shutdown has little time for each of those that write.
 * @param over is aborted when the waiting is over, for work that can stop
 */
export async function within(ms: number, work: Promise<unknown>, over = new AbortController()): Promise<void> {
  const late = sleep(ms, undefined, { signal: over.signal }).catch(() => {})
  try {
    await Promise.race([work, late])
  } finally {
    over.abort()
  }
}
