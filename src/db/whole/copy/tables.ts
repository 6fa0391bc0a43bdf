import { dimensions } from '../../../core/usage-entry.ts'
import type { Tables } from '../../tables.ts'

/**
 * Every table with its primary key, in an order in which what is referred to comes before what refers to it. One that is
 * missing here does not compile.
 */
export const keys = {
  organization: ['id'],
  organization_user: ['id'],
  project: ['id'],
  project_user: ['project_id', 'user_id'],
  service_account: ['id'],
  admin_api_key: ['id'],
  project_api_key: ['id'],
  invite: ['id'],
  session: ['id'],
  user_password: ['user_id'],
  password_link: ['user_id'],
  sign_in_attempt: ['name'],
  second_factor: ['user_id'],
  second_factor_setup: ['user_id'],
  recovery_code: ['user_id', 'hash'],
  passkey: ['id'],
  passkey_challenge: ['user_id', 'hash'],
  oidc_identity: ['issuer', 'subject', 'organization_id'],
  rate_limit: ['project_id', 'model'],
  role: ['id'],
  role_assignment: ['resource_id', 'principal_id', 'role_id'],
  user_group: ['id'],
  group_user: ['group_id', 'user_id'],
  project_group: ['project_id', 'group_id'],
  project_policy: ['project_id'],
  organization_policy: ['organization_id'],
  spend_alert: ['id'],
  spend_alert_sent: ['alert_id', 'month', 'threshold_cents'],
  certificate: ['id'],
  project_certificate: ['project_id', 'certificate_id'],
  audit_log: ['id'],
  usage_rollup: ['organization_id', 'kind', 'grain', 'time', ...dimensions],
  spend_total: ['organization_id', 'project_id', 'month'],
  spend_of_writer: ['organization_id', 'project_id', 'month', 'writer'],
  owned: ['kind', 'id'],
  limit_level: ['organization_id', 'key'],
  usage_writer: ['id'],
  lease: ['name'],
  batch: ['id'],
  background_response: ['id'],
  webhook_endpoint: ['id'],
  webhook_delivery: ['organization_id', 'endpoint_id', 'id'],
  webhook_told: ['organization_id', 'source'],
  batch_held: ['organization_id', 'what'],
  limit_refusal: ['organization_id', 'time', 'project_id', 'model', 'scope', 'dimension'],
  meta: ['key'],
} as const satisfies { readonly [T in keyof Tables]: readonly (keyof Tables[T])[] }

export type Copied = keyof typeof keys
/** The cast says that an object has the keys that it is written with. */
export const copied = Object.keys(keys) as Copied[]
