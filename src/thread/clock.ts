/**
 * The time, in milliseconds since the epoch.
 * @param ahead in its one place how many seconds the clock is ahead of the system's; null: it is the system's
 */
export function clockOf(ahead: Int32Array | null): () => number {
  return ahead === null ? Date.now : () => Date.now() + Atomics.load(ahead, 0) * 1000
}
