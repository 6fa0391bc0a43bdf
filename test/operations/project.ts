import { newUser } from '../contract/organizations.ts'
import { alert, report } from './organization.ts'
import { nothing, project, projectKey, projectUser, sends, serviceAccount } from './parents.ts'
import type { Place, Requests } from './place.ts'

const rateLimit = async (at: Place) => ({ params: { ...(await project(at)).params, rate_limit_id: 'rl-echo' } })
const spendAlert = async (at: Place) => {
  const { params } = await project(at)
  const { id } = await at.admin.projects.spendAlerts.create(params.project_id, await alert(at))
  return { params: { ...params, alert_id: id } }
}

const summary = async (at: Place) => ({ ...(await report()), ...(await project(at)) })

/** Projects and what is in them. */
export const projectRequests = {
  projects: {
    list: nothing,
    create: sends(nothing, { name: 'project', residency: 'GLOBAL' as const }),
    retrieve: project,
    update: sends(project, { name: 'renamed' }),
    archive: async (at) => ({ params: { project_id: await at.newProject() } }),
  },
  projectUsers: {
    list: project,
    create: sends(project, async (at) => ({ user_id: (await newUser(at.app, at)).id, role: 'member' as const })),
    retrieve: projectUser,
    update: sends(projectUser, { role: 'owner' as const }),
    delete: projectUser,
  },
  serviceAccounts: {
    list: project,
    create: sends(project, { name: 'bot', expires_in_seconds: 3600 }),
    retrieve: serviceAccount,
    update: sends(serviceAccount, { name: 'renamed', role: 'owner' as const }),
    delete: serviceAccount,
    createApiKey: sends(serviceAccount, { name: 'second', scopes: ['api.all.read'], expires_in_seconds: 3600 }),
  },
  projectApiKeys: {
    list: project,
    create: sends(project, { name: 'own', scopes: ['api.model.read'], expires_in_seconds: 3600 }),
    retrieve: projectKey,
    update: sends(projectKey, { scopes: ['api.model.read'], expires_in_seconds: 3600, disabled: true }),
    delete: projectKey,
  },
  limitUse: { list: project, organization: nothing },
  spendUse: { retrieve: project, organization: nothing },
  projectUsageSummary: { retrieve: summary },
  projectCostsSummary: { retrieve: summary },
  rateLimits: { list: project, update: sends(rateLimit, { max_requests_per_1_minute: 1000 }) },
  projectSpendAlerts: {
    list: spendAlert,
    create: sends(project, alert),
    retrieve: spendAlert,
    update: sends(spendAlert, alert),
    delete: spendAlert,
  },
} satisfies Partial<Requests>

export const projectDecisions = `
O R PO PM PV CO CP ST OO KR KU SA

  Projects are the organization's.
+ -  -  -  -  -  -  -  +  +  s  s  projects.list
+ -  -  -  -  -  -  -  +  s  s  s  projects.create

  A project and what is in it: its owners manage it.
+ x  +  -  -  x  -  x  x  +  s  s  projects.retrieve projectUsers.list projectUsers.retrieve serviceAccounts.list
                                   serviceAccounts.retrieve rateLimits.list spendUse.retrieve
                                   projectSpendAlerts.list projectSpendAlerts.retrieve
                                   projectUsageSummary.retrieve projectCostsSummary.retrieve
+ x  +  -  -  x  -  x  x  s  s  s  projects.update projects.archive projectUsers.create projectUsers.update
                                   projectUsers.delete serviceAccounts.create serviceAccounts.update
                                   serviceAccounts.delete serviceAccounts.createApiKey rateLimits.update
                                   projectSpendAlerts.create projectSpendAlerts.update projectSpendAlerts.delete
+ x  +  -  -  x  +  x  x  +  s  s  projectApiKeys.list projectApiKeys.retrieve
+ x  +  -  -  x  +  x  x  s  s  s  projectApiKeys.update projectApiKeys.delete

  Keys of one's own: whoever uses the project's models.
+ x  +  +  -  x  -  x  x  s  s  s  projectApiKeys.create limitUse.list
`

export const projectChangesNoRequest = {
  'projects.create': {
    fields: ['name', 'residency', 'geography', 'external_key_id'],
    why: 'nobody has a key of a new project yet',
  },
  'projects.update': {
    fields: ['name', 'geography', 'external_key_id'],
    why: 'the name is for reports; residency and external keys are not to be had here',
  },
}
