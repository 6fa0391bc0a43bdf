import { ApiError } from '../../contract/error.ts'
import { type DefaultTier, type EnabledTiers, TIER_DEFAULTS } from '../../core/policy.ts'
import { wrongType } from '../invalid.ts'
import type { JsonShape } from '../routes/declaration.ts'
import { bodyNotSeen, ruleOf, type SeenCall } from './rule.ts'
import { STANDARD_ONLY, speedOf } from './speed.ts'

/** `preset` null: never set, so what a request leaves out stays left out. */
export type TierPolicy = { preset: DefaultTier | null; enabled: EnabledTiers }

/** How a request says what the settings call by another name. */
const inRequest: Record<DefaultTier, string> = { standard: 'default', fast: 'priority', scale: 'scale' }

/**
 * The service tiers of a project: its own is written into a request that leaves it open, and one that it does not allow is
 * refused (behaviour reference, 1.1 and 5: `auto` resolves to the project's, `fast` is judged as `priority`, scale is outside
 * the policy).
 */
export const tier = ruleOf<TierPolicy>()({
  step: 'body',
  reads: ['project.default_service_tier', 'project.enabled_service_tiers'],
  read: ({ project }) => ({
    preset: project.default_service_tier,
    enabled:
      project.enabled_service_tiers === null ? TIER_DEFAULTS.enabled_tiers : JSON.parse(project.enabled_service_tiers),
  }),
  seen({ preset, enabled }, { route, fields, edits }) {
    const { service_tier: said } = fields
    const isOther = route.body.kind === 'json' && route.body.tier === 'standard_only'
    if (isOther && !allows(enabled, speedOf(fields))) throw notAllowed('speed')
    if (isOther && said === STANDARD_ONLY) return
    if (said !== undefined && said !== null && said !== 'auto') {
      if (typeof said !== 'string') throw wrongType('service_tier', 'a string', said)
      if (!allows(enabled, said)) throw notAllowed()
      return
    }
    if (isOther) {
      if (preset === 'fast' && !allows(enabled, 'fast')) throw notAllowed()
      // Left open, the model server may serve it in what is another tier here.
      if (preset === 'standard' || !allows(enabled, 'fast'))
        edits.set('service_tier', STANDARD_ONLY, { kind: 'setting' })
      return
    }
    if (preset === null || !takes(route, preset)) return
    const written = inRequest[preset]
    if (!allows(enabled, written)) throw notAllowed()
    edits.set('service_tier', written, { kind: 'setting' })
  },
  unseen({ preset, enabled }, { project, route }) {
    if (preset === null && enabled === 'all') return
    if (route.body.kind !== 'json' || route.body.tier === 'none') return
    throw bodyNotSeen(project, 'has settings for service tiers')
  },
})

function takes({ body }: SeenCall['route'], preset: DefaultTier): boolean {
  const taken: JsonShape['tier'] = body.kind === 'json' ? body.tier : 'none'
  return taken === 'taken' || (taken === 'taken_but_scale' && preset !== 'scale')
}

function allows(enabled: EnabledTiers, tier: string): boolean {
  if (enabled === 'all' || tier === 'default' || tier === 'scale') return true
  const name = tier === 'priority' ? 'fast' : tier
  return enabled.some((one) => one === name)
}

function notAllowed(param = 'service_tier'): ApiError {
  const message = `Invalid ${param} argument: The requested service tier is not allowed for this project.`
  return new ApiError('service_tier_not_allowed', message, { param })
}
