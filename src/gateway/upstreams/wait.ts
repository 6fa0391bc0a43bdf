import type { IncomingHttpHeaders } from 'node:http'

/** Seconds that a client is asked to wait at most, whatever the upstream's account must. */
const MOST_WAIT = 60

/** Whole seconds to wait, from 1 to 60: what the upstream asks for where it does, as a number or as a date. */
export function waitOf(headers: IncomingHttpHeaders): number {
  const [ms, written] = [headers['retry-after-ms'], headers['retry-after']]
  const seconds = typeof ms === 'string' && /^\d+(\.\d+)?$/.test(ms) ? Number(ms) / 1000 : secondsOf(written)
  return Number.isFinite(seconds) ? Math.min(Math.max(Math.ceil(seconds), 1), MOST_WAIT) : 1
}

function secondsOf(written: string | undefined): number {
  if (written === undefined) return Number.NaN
  return /^\d+(\.\d+)?$/.test(written) ? Number(written) : (Date.parse(written) - Date.now()) / 1000
}
