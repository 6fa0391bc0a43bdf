const MINUTE_MS = 60_000

/**
 * A time as Go writes it, truncated to milliseconds: `2ms`, `8.64s`, `6m0s`, `1h2m3.5s`, and `0s` below one millisecond.
 * @param ms from 0 on, finite
 */
export function duration(ms: number): string {
  const whole = Math.floor(ms)
  if (whole < 1000) return whole === 0 ? '0s' : `${whole}ms`
  if (whole < MINUTE_MS) return `${whole / 1000}s`
  const minutes = Math.floor(whole / MINUTE_MS)
  const seconds = `${(whole % MINUTE_MS) / 1000}s`
  return minutes < 60 ? `${minutes}m${seconds}` : `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`
}
