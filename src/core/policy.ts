/*
 * What an organization rules for its projects: the values the settings can have, and what holds where nothing is set.
 * The words are the API's own.
 */

export const modelModes = ['allow_list', 'deny_list'] as const
export type ModelMode = (typeof modelModes)[number]

/** Tools that the model server runs itself. All are enabled where nothing is set. */
export const hostedTools = ['code_interpreter', 'file_search', 'image_generation', 'mcp', 'web_search'] as const
export type HostedTool = (typeof hostedTools)[number]

export const organizationRetentions = [
  'zero_data_retention',
  'modified_abuse_monitoring',
  'enhanced_zero_data_retention',
  'enhanced_modified_abuse_monitoring',
] as const
export type OrganizationRetention = (typeof organizationRetentions)[number]
export const DEFAULT_RETENTION: OrganizationRetention = 'modified_abuse_monitoring'

export const projectRetentions = ['organization_default', 'none', ...organizationRetentions] as const
export type ProjectRetention = (typeof projectRetentions)[number]
export const DEFAULT_PROJECT_RETENTION: ProjectRetention = 'organization_default'

export const defaultTiers = ['standard', 'fast', 'scale'] as const
export type DefaultTier = (typeof defaultTiers)[number]
export const optionalTiers = ['flex', 'fast', 'ultrafast'] as const
/** `all` includes tiers yet to come; an empty list is `standard` alone. */
export type EnabledTiers = 'all' | (typeof optionalTiers)[number][]
export const TIER_DEFAULTS: { default: DefaultTier; enabled_tiers: EnabledTiers } = {
  default: 'standard',
  enabled_tiers: 'all',
}

/** A thousand million dollars. The original states no maximum; at this one nano-dollars still fit a 64-bit integer. */
export const MAX_CENTS = 100_000_000_000

/**
 * What an organization's own webhooks can tell of; ours. Of the audit log each event, of money each alert and each limit that is reached, of
 * limits of calls the same, and keys and certificates two weeks before they end.
 */
export const organizationEvents = [
  'audit_log.created',
  'spend_alert.reached',
  'spend_limit.reached',
  'rate_limit.reached',
  'api_key.expiring',
  'certificate.expiring',
] as const
export type OrganizationEvent = (typeof organizationEvents)[number]
