import { adminApiKeys } from './admin-api-keys.ts'
import { invites } from './invites.ts'
import { projectApiKeys } from './project-api-keys.ts'
import { projectUsers } from './project-users.ts'
import { projects } from './projects.ts'
import { serviceAccounts } from './service-accounts.ts'
import { users } from './users.ts'

/** What the Administration API is. A resource that is not here does not exist. */
export const contract = { adminApiKeys, users, invites, projects, projectUsers, serviceAccounts, projectApiKeys }
