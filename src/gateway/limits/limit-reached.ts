import { ApiError, type ErrorOptions } from '../../contract/error.ts'
import { duration } from '../../core/duration.ts'
import { drainMs, fits, used } from '../../core/limit.ts'
import { limitHeaders } from './headers.ts'
import type { CountedDimension, GovernedWindow, ModelWindows } from './windows.ts'

/** What a refusal calls a dimension, and its error's `type`; behaviour reference, 1.4. */
const words: Record<CountedDimension, { type: string; name: string }> = {
  max_requests_per_1_minute: { type: 'requests', name: 'requests per min (RPM)' },
  max_requests_per_1_day: { type: 'requests', name: 'requests per day (RPD)' },
  max_tokens_per_1_minute: { type: 'tokens', name: 'tokens per min (TPM)' },
  max_images_per_1_minute: { type: 'input-images', name: 'input-images per min' },
  max_audio_megabytes_per_1_minute: { type: 'audio', name: 'audio megabytes per min' },
}

/** A call was refused for a limit: 429. */
export class LimitReached extends ApiError {
  readonly window: GovernedWindow

  constructor(window: GovernedWindow, message: string, options: ErrorOptions) {
    super('rate_limit_exceeded', message, options)
    this.window = window
  }
}

/** A window without room. `waitMs` is how long until it has; infinite where the request alone is more than the limit. */
type Shut = { window: GovernedWindow; level: number; cost: number; waitMs: number }

/**
 * Why a call was refused: by the window that lets it in last, for whoever waits for that is let in by the others too.
 * @param costs of the windows, @param levels without the call, @param paces at which they drain now
 */
export function limitReached(
  { windows, ...names }: ModelWindows,
  costs: readonly number[],
  levels: readonly number[],
  paces: readonly number[],
): ApiError {
  let last: Shut | null = null
  for (const [i, window] of windows.entries()) {
    const [level, cost] = [levels[i] ?? 0, costs[i] ?? 0]
    if (fits(level, cost, window.limit)) continue
    const waitMs = cost > window.limit ? Number.POSITIVE_INFINITY : waitFor(window, level, cost, paces[i])
    if (last === null || waitMs > last.waitMs) last = { window, level, cost, waitMs }
  }
  if (last === null) throw new Error('a call was refused by limits that all have room for it')
  const headers = limitHeaders(windows, levels)
  return last.waitMs === Number.POSITIVE_INFINITY ? tooLarge(names, last, headers) : reached(names, last, headers)
}

/** By what is shown, which is in whole units: never too short, and at most the time in which one unit drains too long. */
function waitFor({ limit, periodMs }: GovernedWindow, level: number, cost: number, pace = limit): number {
  return drainMs(used(level, limit) + Math.ceil(cost) - limit, pace, periodMs)
}

type Names = Omit<ModelWindows, 'windows'>
type Headers = Record<string, string>

function reached(names: Names, { window, level, cost, waitMs }: Shut, headers: Headers): ApiError {
  const count = `Limit ${window.limit}, Used ${used(level, window.limit)}, Requested ${Math.ceil(cost)}`
  const message = `Rate limit reached for ${subject(names, window)}: ${count}. Please try again in ${duration(waitMs)}.`
  // Rounded up, so that whoever waits for just that is let in.
  headers['retry-after'] = String(Math.max(1, Math.ceil(waitMs / 1000)))
  headers['retry-after-ms'] = String(Math.max(1, Math.ceil(waitMs)))
  return new LimitReached(window, message, { type: words[window.dimension].type, headers })
}

/** Nothing to wait for: official clients are told not to try again. */
function tooLarge(names: Names, { window, cost }: Shut, headers: Headers): ApiError {
  const advice =
    window.measure === 'tokens' ? ' The input or output tokens must be reduced in order to run successfully.' : ''
  const count = `Limit ${window.limit}, Requested ${Math.ceil(cost)}.`
  const message = `Request too large for ${subject(names, window)}: ${count}${advice}`
  headers['x-should-retry'] = 'false'
  return new LimitReached(window, message, { type: words[window.dimension].type, headers })
}

/** Whose limit it is, and of what. */
function subject({ organizationId, projectId, model, pool }: Names, { scope, dimension }: GovernedWindow): string {
  const shared = pool === null ? model : `${model} (for limit ${pool})`
  const whose = scope === 'project' ? `project ${projectId} organization` : `${shared} in organization`
  return `${whose} ${organizationId} on ${words[dimension].name}`
}
