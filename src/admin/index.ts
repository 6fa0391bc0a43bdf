import { contract } from '../contract/index.ts'
import type { Route } from '../contract/route.ts'
import { adminApiKeys } from './admin-api-keys.ts'
import { apiKeys } from './api-keys.ts'
import { attention } from './attention.ts'
import { auditLogs } from './audit-logs.ts'
import { certificates } from './certificates.ts'
import { costEstimate } from './cost-estimate.ts'
import { dataRetention, projectDataRetention } from './data-retention.ts'
import { groupUsers } from './group-users.ts'
import { groups } from './groups.ts'
import type { Call, Handlers } from './handlers.ts'
import { hostedToolPermissions } from './hosted-tool-permissions.ts'
import { invites } from './invites.ts'
import { limitUse } from './limit-use.ts'
import { links } from './links.ts'
import { me } from './me.ts'
import { modelPermissions } from './model-permissions.ts'
import { myApiKeys } from './my-api-keys.ts'
import { passkeys } from './passkeys.ts'
import { permissions } from './permissions.ts'
import { projectApiKeys } from './project-api-keys.ts'
import { projectCertificates } from './project-certificates.ts'
import { projectGroups } from './project-groups.ts'
import { projectUsers } from './project-users.ts'
import { projects } from './projects.ts'
import { rateLimits } from './rate-limits.ts'
import { groupRoles, projectGroupRoles, projectUserRoles, userRoles } from './role-assignments.ts'
import { projectRoles, roles } from './roles.ts'
import { secondFactor } from './second-factor.ts'
import { serviceAccounts } from './service-accounts.ts'
import { serviceTierSettings } from './service-tier-settings.ts'
import { sessions } from './sessions.ts'
import { signIn } from './sign-in.ts'
import { signInPolicy } from './sign-in-policy.ts'
import { projectSpendAlerts, spendAlerts } from './spend-alerts.ts'
import { projectSpendLimit, spendLimit } from './spend-limit.ts'
import { spendUse } from './spend-use.ts'
import { usage } from './usage.ts'
import { costsSummary, projectCostsSummary, projectUsageSummary, usageSummary } from './usage-summaries.ts'
import { users } from './users.ts'
import { webhookEndpoints } from './webhook-endpoints.ts'

/** A resource in the contract without handlers does not compile. */
const handlers: { [K in keyof typeof contract]: Handlers<(typeof contract)[K]> } = {
  me,
  myApiKeys,
  apiKeys,
  adminApiKeys,
  users,
  invites,
  links,
  projects,
  projectUsers,
  serviceAccounts,
  projectApiKeys,
  rateLimits,
  limitUse,
  spendUse,
  groups,
  groupUsers,
  groupRoles,
  projectGroups,
  projectGroupRoles,
  permissions,
  roles,
  projectRoles,
  userRoles,
  projectUserRoles,
  certificates,
  projectCertificates,
  modelPermissions,
  hostedToolPermissions,
  dataRetention,
  projectDataRetention,
  serviceTierSettings,
  spendLimit,
  projectSpendLimit,
  spendAlerts,
  projectSpendAlerts,
  auditLogs,
  usage,
  costEstimate,
  usageSummary,
  costsSummary,
  projectUsageSummary,
  projectCostsSummary,
  signIn,
  signInPolicy,
  secondFactor,
  passkeys,
  sessions,
  attention,
  webhookEndpoints,
}

/** An operation with what answers it; its name is used in logs, metrics and as OpenAPI `operationId`. */
export type Endpoint = { name: string; route: Route; handle: (call: Call<Route>) => unknown }

/**
 * Every endpoint, named `resource.verb`. The cast forgets which handler belongs to which route, which the annotation above
 * has just checked; the dispatcher treats them all alike.
 */
export const endpoints: Endpoint[] = Object.entries(contract).flatMap(([resource, routes]) =>
  Object.entries(routes as Record<string, Route>).map(([verb, route]) => {
    const handle = (handlers as unknown as Record<string, Record<string, Endpoint['handle']>>)[resource]?.[verb]
    if (!handle) throw new Error(`No handler for ${resource}.${verb}`)
    return { name: `${resource}.${verb}`, route, handle }
  }),
)
