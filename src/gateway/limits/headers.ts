import { UNLIMITED } from '../../core/catalogue.ts'
import { duration } from '../../core/duration.ts'
import { drainMs, used } from '../../core/limit.ts'
import type { GovernedWindow } from './windows.ts'

const NO_LIMIT = { limit: UNLIMITED, remaining: UNLIMITED, resetMs: 0 }

type State = typeof NO_LIMIT

/**
 * What every reply says of the limits: of the window of requests that is nearest to its end, whoever set it, of the
 * organization's tokens, and of the project's own tokens where it has a limit of them. Minutes and days alike.
 * @param levels of the windows, with the call in it where it was let in
 */
export function limitHeaders(windows: readonly GovernedWindow[], levels: readonly number[]): Record<string, string> {
  let requests = NO_LIMIT
  let tokens = NO_LIMIT
  let projectTokens: State | null = null
  for (let i = 0; i < windows.length; i++) {
    const window = windows[i]
    if (window === undefined) continue
    if (window.measure === 'requests') {
      const state = stateOf(window, levels[i] ?? 0)
      if (nearer(state, requests)) requests = state
    } else if (window.measure === 'tokens') {
      const state = stateOf(window, levels[i] ?? 0)
      if (window.scope === 'project') projectTokens = state
      else tokens = state
    }
  }
  const headers: Record<string, string> = {
    'x-ratelimit-limit-requests': String(requests.limit),
    'x-ratelimit-limit-tokens': String(tokens.limit),
    'x-ratelimit-remaining-requests': String(requests.remaining),
    'x-ratelimit-remaining-tokens': String(tokens.remaining),
    'x-ratelimit-reset-requests': duration(requests.resetMs),
    'x-ratelimit-reset-tokens': duration(tokens.resetMs),
  }
  if (projectTokens !== null) {
    headers['x-ratelimit-limit-project-tokens'] = String(projectTokens.limit)
    headers['x-ratelimit-remaining-project-tokens'] = String(projectTokens.remaining)
    headers['x-ratelimit-reset-project-tokens'] = duration(projectTokens.resetMs)
  }
  return headers
}

/** Whole units; the reset is by what is shown, as in the original: (limit - remaining) x period / limit. */
function stateOf({ limit, periodMs }: GovernedWindow, level: number): State {
  const gone = used(level, limit)
  if (limit === 0) return { limit, remaining: 0, resetMs: 0 }
  return { limit, remaining: gone < limit ? limit - gone : 0, resetMs: drainMs(gone, limit, periodMs) }
}

const nearer = (one: State, other: State) =>
  one.remaining < other.remaining || (one.remaining === other.remaining && one.resetMs > other.resetMs)
