import { adminKeyScenarios } from './sdk-admin-keys.ts'
import { auditLogScenarios } from './sdk-audit-logs.ts'
import { certificateScenarios } from './sdk-certificates.ts'
import { groupScenarios } from './sdk-groups.ts'
import { inviteScenarios } from './sdk-invites.ts'
import { policyScenarios } from './sdk-policies.ts'
import { projectGroupScenarios } from './sdk-project-groups.ts'
import { projectKeyScenarios } from './sdk-project-keys.ts'
import { projectUserScenarios } from './sdk-project-users.ts'
import { projectScenarios } from './sdk-projects.ts'
import { rateLimitScenarios } from './sdk-rate-limits.ts'
import { roleAssignmentScenarios } from './sdk-role-assignments.ts'
import { roleScenarios } from './sdk-roles.ts'
import type { Scenario } from './sdk-scenario.ts'
import { serviceAccountScenarios } from './sdk-service-accounts.ts'
import { spendScenarios } from './sdk-spend.ts'
import { usageScenarios } from './sdk-usage.ts'
import { userScenarios } from './sdk-users.ts'

/** For every operation that is built, by its name in the official client, the scenario that drives it. */
export const scenarios: Record<string, Scenario> = {
  ...adminKeyScenarios,
  ...userScenarios,
  ...inviteScenarios,
  ...projectScenarios,
  ...projectUserScenarios,
  ...serviceAccountScenarios,
  ...projectKeyScenarios,
  ...auditLogScenarios,
  ...certificateScenarios,
  ...groupScenarios,
  ...policyScenarios,
  ...projectGroupScenarios,
  ...rateLimitScenarios,
  ...roleAssignmentScenarios,
  ...roleScenarios,
  ...spendScenarios,
  ...usageScenarios,
}
