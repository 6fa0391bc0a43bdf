import { adminKeyScenarios } from './sdk-admin-keys.ts'
import { inviteScenarios } from './sdk-invites.ts'
import { projectKeyScenarios } from './sdk-project-keys.ts'
import { projectUserScenarios } from './sdk-project-users.ts'
import { projectScenarios } from './sdk-projects.ts'
import type { Scenario } from './sdk-scenario.ts'
import { serviceAccountScenarios } from './sdk-service-accounts.ts'
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
}
