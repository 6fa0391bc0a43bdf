/** The headers of an answer. */
export type Told = Readonly<Record<string, string>>

/** A limit as an answer tells of it. */
type LimitTold = { counts: string; maximum: number; remaining: number; resetMs: number | null }

/** The API's sign for "not limited". */
const UNLIMITED = 2_147_483_647

const counted = [
  ['requests', 'Requests'],
  ['tokens', 'Tokens of the organization'],
  ['project-tokens', 'Tokens of the project'],
] as const

/** What is left of each limit that holds, by an answer's headers. */
export function limitsOf(told: Told): LimitTold[] {
  return counted.flatMap(([name, counts]) => {
    const [maximum, remaining] = [told[`x-ratelimit-limit-${name}`], told[`x-ratelimit-remaining-${name}`]]
    if (maximum === undefined || remaining === undefined || Number(maximum) >= UNLIMITED) return []
    const resetMs = durationMs(told[`x-ratelimit-reset-${name}`] ?? '')
    return [{ counts, maximum: Number(maximum), remaining: Number(remaining), resetMs }]
  })
}

/** Milliseconds until a call is let in again, where a refusal says so; null: waiting helps nothing, or nobody knows. */
export function waitMs(told: Told): number | null {
  const ms = Number(told['retry-after-ms'] ?? Number(told['retry-after']) * 1000)
  return Number.isFinite(ms) ? ms : null
}

const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** `1m2.5s`, as the headers say a time, in milliseconds; null for what is no time. */
export function durationMs(text: string): number | null {
  if (!/^(\d+(\.\d+)?(ms|s|m|h))+$/.test(text)) return null
  const parts = text.matchAll(/([\d.]+)(ms|s|m|h)/g)
  return parts.reduce((sum, [, amount, unit = '']) => sum + Number(amount) * (units[unit] ?? 0), 0)
}

/** Headers that say something of a call to who made it: the others are of the transport. */
export function headersShown(told: Told): [string, string][] {
  return Object.entries(told)
    .filter(([name]) => /^(x-ratelimit-|openai-|x-request-id$|retry-after|x-should-retry$|x-gatehouse-)/.test(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
}
