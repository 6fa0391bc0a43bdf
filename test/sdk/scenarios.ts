import { adminKeyScenarios } from './admin-keys.ts'
import { auditLogScenarios } from './audit-logs.ts'
import { certificateScenarios } from './certificates.ts'
import { groupScenarios } from './groups.ts'
import { inviteScenarios } from './invites.ts'
import { policyScenarios } from './policies.ts'
import { projectGroupScenarios } from './project-groups.ts'
import { projectKeyScenarios } from './project-keys.ts'
import { projectUserScenarios } from './project-users.ts'
import { projectScenarios } from './projects.ts'
import { rateLimitScenarios } from './rate-limits.ts'
import { roleAssignmentScenarios } from './role-assignments.ts'
import { roleScenarios } from './roles.ts'
import type { Scenario } from './scenario.ts'
import { serviceAccountScenarios } from './service-accounts.ts'
import { spendScenarios } from './spend.ts'
import { usageScenarios } from './usage.ts'
import { userScenarios } from './users.ts'

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
