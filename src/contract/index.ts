import { adminApiKeys } from './admin-api-keys.ts'
import { apiKeys, myApiKeys } from './api-keys.ts'
import { attention } from './attention.ts'
import { auditLogs } from './audit-logs.ts'
import { certificates } from './certificates.ts'
import { costEstimate } from './cost-estimate.ts'
import { dataRetention, projectDataRetention } from './data-retention.ts'
import { groups, groupUsers } from './groups.ts'
import { hostedToolPermissions } from './hosted-tool-permissions.ts'
import { invites } from './invites.ts'
import { limitUse } from './limit-use.ts'
import { links } from './links.ts'
import { me } from './me.ts'
import { modelPermissions } from './model-permissions.ts'
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
import { costsSummary, projectCostsSummary, projectUsageSummary, usageSummary } from './usage-summary.ts'
import { users } from './users.ts'
import { webhookEndpoints } from './webhook-endpoints.ts'

/** What the Administration API is. A resource that is not here does not exist. */
export const contract = {
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
