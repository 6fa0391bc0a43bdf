import { ApiError } from '../../contract/error.ts'
import type { DefaultTier } from '../../core/policy.ts'
import type { ProjectRules } from '../keys/rules.ts'
import type { RouteName } from '../routes/table.ts'
import type { JsonFields } from './body.ts'
import { wrongType } from './refusals.ts'

/** How a request says what the settings call by another name. */
const inRequest: Record<DefaultTier, string> = { standard: 'default', fast: 'priority', scale: 'scale' }

/** Routes that take a tier (openai 7.57), each with what it does not take of the others. */
const tiered: Partial<Record<RouteName, { lacks: string | null }>> = {
  'chat.completions.create': { lacks: null },
  'responses.create': { lacks: null },
  'responses.compact': { lacks: 'scale' },
}

/**
 * The tier that a request asks for, once the project's own is written into one that leaves it open (behaviour reference, 1.1
 * and 5: `auto` resolves to the project's, `fast` is judged as `priority`, scale is outside the policy).
 * @returns null where it stays open
 * @throws ApiError 400 for a tier that the project does not allow
 */
export function judgeTier({ tier }: ProjectRules, route: RouteName, body: JsonFields): string | null {
  const written = body.fields.service_tier
  if (written !== undefined && written !== null && written !== 'auto') {
    if (typeof written !== 'string') throw wrongType('service_tier', 'a string', written)
    if (!allows(tier.enabled, written)) throw notAllowed()
    return written
  }
  const takes = tiered[route]
  const preset = tier.preset === null ? null : inRequest[tier.preset]
  if (takes === undefined || preset === null || preset === takes.lacks) {
    return written === 'auto' ? written : null
  }
  if (!allows(tier.enabled, preset)) throw notAllowed()
  body.set('service_tier', preset)
  return preset
}

function allows(enabled: ProjectRules['tier']['enabled'], tier: string): boolean {
  if (enabled === 'all' || tier === 'default' || tier === 'scale') return true
  const name = tier === 'priority' ? 'fast' : tier
  return enabled.some((one) => one === name)
}

function notAllowed(): ApiError {
  const message = 'Invalid service_tier argument: The requested service tier is not allowed for this project.'
  return new ApiError('service_tier_not_allowed', message, { param: 'service_tier' })
}
