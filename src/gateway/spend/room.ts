/*
 * When a limit has room: the one place that says it, wherever the amounts are kept. All are nano-dollars.
 */

/** Whether a limit is used up, whatever is held by calls that run. @param limit null: none */
export const isSpent = (spent: bigint, limit: bigint | null): boolean => limit !== null && spent >= limit

/** Whether a limit has room for a call beside those that run. @param nano what it can cost at most @param limit null: none */
export function hasRoom(spent: bigint, reserved: bigint, nano: bigint, limit: bigint | null): boolean {
  if (limit === null) return true
  return spent < limit && spent + reserved + nano <= limit
}
