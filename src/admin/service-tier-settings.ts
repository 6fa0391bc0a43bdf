import { ApiError } from '../contract/error.ts'
import type { serviceTierSettings as routes, ServiceTierSettings } from '../contract/service-tier-settings.ts'
import { TIER_DEFAULTS } from '../core/policy.ts'
import type { Row } from '../db/tables.ts'
import type { Handlers } from './handlers.ts'
import { findProjectPolicy, saveProjectPolicy } from './policy.ts'

export const serviceTierSettings: Handlers<typeof routes> = {
  async retrieve({ db, project }) {
    return view(await findProjectPolicy(db, project))
  },

  async update({ db, project, body }) {
    if (body.default === undefined && body.enabled_tiers === undefined) {
      const message = "Missing required parameter: 'default'. Give it or 'enabled_tiers'."
      throw new ApiError('missing_required_parameter', message, { param: 'default' })
    }
    const row = await saveProjectPolicy(db, project, {
      ...(body.default !== undefined && { default_service_tier: body.default }),
      ...(body.enabled_tiers !== undefined && { enabled_service_tiers: JSON.stringify(body.enabled_tiers) }),
    })
    return { reply: view(row), audit: { id: project.id, changes_requested: { service_tier_settings: body } } }
  },
}

function view(row: Row<'project_policy'> | undefined): ServiceTierSettings {
  const enabled = row?.enabled_service_tiers ?? null
  return {
    object: 'project.service_tier_settings',
    default: row?.default_service_tier ?? TIER_DEFAULTS.default,
    enabled_tiers: enabled === null ? TIER_DEFAULTS.enabled_tiers : JSON.parse(enabled),
  }
}
