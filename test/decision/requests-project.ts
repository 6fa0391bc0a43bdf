import type { Place } from './people.ts'
import type { Ask, Make } from './requests.ts'
import { alert, certificate, group, limit, newRole } from './requests-organization.ts'

/** A request below the project at hand. */
const below =
  (make: (at: Place) => Promise<Record<string, string>> = async () => ({}), body?: object): Make =>
  async (at) => ({ params: { project_id: at.project, ...(await make(at)) }, ...(body && { body }) })
const sends =
  (body: (at: Place) => Promise<object>): Make =>
  async (at) => ({ params: { project_id: at.project }, body: await body(at) })
/** What cannot be done twice is done in a project of its own, with the same people in it. */
const elsewhere = async (at: Place): Promise<Ask> => ({ params: { project_id: await at.newProject() } })

const user = async (at: Place) => {
  const user_id = await at.newUser()
  await at.admin.projects.users.create(at.project, { user_id, role: 'member' })
  return { user_id }
}
const userRole = async (at: Place) => ({ ...(await user(at)), role_id: 'role-api-project-member' })
const projectGroup = async (at: Place) => {
  const made = await group(at)
  await at.admin.projects.groups.create(at.project, { ...made, role: 'role-api-project-member' })
  return made
}
const groupRole = async (at: Place) => ({ ...(await projectGroup(at)), role_id: 'role-api-project-member' })
const role = async ({ admin, project }: Place) => ({
  role_id: (await admin.projects.roles.create(project, newRole())).id,
})
const account = async ({ admin, project }: Place) => ({
  service_account_id: (await admin.projects.serviceAccounts.create(project, { name: 'bot' })).id,
})
const key = async ({ admin, project }: Place) => {
  const { api_key } = await admin.projects.serviceAccounts.create(project, { name: 'bot' })
  return { api_key_id: api_key?.id ?? '' }
}
const idle = async (at: Place) => ({ certificate_ids: [(await certificate(at)).certificate_id] })
const active = async (at: Place) => {
  const made = await idle(at)
  await at.admin.projects.certificates.activate(at.project, made)
  return made
}
const models = { mode: 'deny_list' as const, model_ids: [] }
const restricted = async ({ admin, project }: Place) => {
  await admin.projects.modelPermissions.update(project, models)
  return {}
}
const limited = async ({ admin, project }: Place) => {
  await admin.projects.spendLimit.update(project, limit)
  return {}
}
const spendAlert = async ({ admin, project }: Place) => ({
  alert_id: (await admin.projects.spendAlerts.create(project, alert)).id,
})

export const projectRequests: Record<string, Make> = {
  'projects.list': async () => ({}),
  'projects.create': async () => ({ body: { name: 'p' } }),
  'projects.retrieve': below(),
  'projects.update': below(undefined, { name: 'renamed' }),
  'projects.archive': elsewhere,
  'projectUsers.list': below(),
  'projectUsers.create': sends(async ({ newUser }) => ({ user_id: await newUser(), role: 'member' })),
  'projectUsers.retrieve': below(user),
  'projectUsers.update': below(user, { role: 'owner' }),
  'projectUsers.delete': below(user),
  'projectUserRoles.list': below(user),
  'projectUserRoles.create': below(user, { role_id: 'role-api-project-owner' }),
  'projectUserRoles.retrieve': below(userRole),
  'projectUserRoles.delete': below(userRole),
  'projectGroups.list': below(),
  'projectGroups.create': sends(async (at) => ({ ...(await group(at)), role: 'role-api-project-member' })),
  'projectGroups.retrieve': below(projectGroup),
  'projectGroups.delete': below(projectGroup),
  'projectGroupRoles.list': below(projectGroup),
  'projectGroupRoles.create': below(projectGroup, { role_id: 'role-api-project-owner' }),
  'projectGroupRoles.retrieve': below(groupRole),
  'projectGroupRoles.delete': below(groupRole),
  'projectRoles.list': below(),
  'projectRoles.create': sends(async () => newRole()),
  'projectRoles.retrieve': below(role),
  'projectRoles.update': below(role, { description: 'changed' }),
  'projectRoles.delete': below(role),
  'serviceAccounts.list': below(),
  'serviceAccounts.create': below(undefined, { name: 'bot' }),
  'serviceAccounts.retrieve': below(account),
  'serviceAccounts.update': below(account, { name: 'renamed' }),
  'serviceAccounts.delete': below(account),
  'serviceAccounts.createApiKey': below(account, {}),
  'projectApiKeys.list': below(),
  'projectApiKeys.retrieve': below(key),
  'projectApiKeys.update': below(key, { scopes: ['api.model.read'] }),
  'projectApiKeys.delete': below(key),
  'rateLimits.list': below(),
  'rateLimits.update': below(async () => ({ rate_limit_id: 'rl-echo' }), { max_requests_per_1_minute: 1000 }),
  'projectCertificates.list': below(),
  'projectCertificates.activate': sends(idle),
  'projectCertificates.deactivate': sends(active),
  'modelPermissions.retrieve': below(restricted),
  'modelPermissions.update': below(undefined, models),
  'modelPermissions.delete': below(restricted),
  'hostedToolPermissions.retrieve': below(),
  'hostedToolPermissions.update': below(undefined, { mcp: { enabled: true } }),
  'projectDataRetention.retrieve': below(),
  'projectDataRetention.update': below(undefined, { retention_type: 'organization_default' }),
  'serviceTierSettings.retrieve': below(),
  'serviceTierSettings.update': below(undefined, { default: 'standard' }),
  'projectSpendLimit.retrieve': below(limited),
  'projectSpendLimit.update': below(undefined, limit),
  'projectSpendLimit.delete': below(limited),
  'projectSpendAlerts.list': below(),
  'projectSpendAlerts.create': below(undefined, alert),
  'projectSpendAlerts.retrieve': below(spendAlert),
  'projectSpendAlerts.update': below(spendAlert, alert),
  'projectSpendAlerts.delete': below(spendAlert),
}
