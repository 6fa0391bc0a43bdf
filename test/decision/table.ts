import { type Principal, principals } from './people.ts'

/*
 * Who may do what: every operation, for everybody. The columns are explained in decision-people.ts.
 *
 *   +  200
 *   -  401, naming the permission that the caller's roles lack
 *   s  401, naming the scope that the caller's key lacks
 *   x  404: there is no such project, as far as the caller is told
 *   o  404: there is no such object in the caller's own organization
 */
const table = `
O R PO PM PV CO CP ST OO KR KU SA

  What the organization's owners see and change.
+ -  -  -  -  -  -  -  +  +  s  s  adminApiKeys.list users.list invites.list projects.list certificates.list
                                   auditLogs.list spendAlerts.list spendLimit.retrieve dataRetention.retrieve
+ -  -  -  -  -  -  -  o  +  s  s  adminApiKeys.retrieve users.retrieve invites.retrieve certificates.retrieve
                                   spendAlerts.retrieve
+ -  -  -  -  -  -  -  +  s  s  s  adminApiKeys.create invites.create projects.create certificates.create
                                   certificates.activate certificates.deactivate spendAlerts.create
                                   spendLimit.update spendLimit.delete dataRetention.update
+ -  -  -  -  -  -  -  o  s  s  s  adminApiKeys.delete users.update users.delete invites.delete certificates.update
                                   certificates.delete spendAlerts.update spendAlerts.delete
                                   userRoles.create userRoles.delete groupRoles.create groupRoles.delete

  Usage and costs.
+ -  -  -  -  +  -  -  +  s  +  s  usage.completions usage.decisions usage.embeddings usage.moderations usage.images
                                   usage.audioSpeeches usage.audioTranscriptions usage.vectorStores
                                   usage.codeInterpreterSessions usage.fileSearchCalls usage.webSearchCalls usage.costs

  Groups and roles of the organization: its readers see them.
+ +  +  +  +  +  +  -  +  +  s  s  groups.list roles.list
+ +  +  +  +  +  +  -  o  +  s  s  groups.retrieve groupUsers.list groupUsers.retrieve groupRoles.list
                                   groupRoles.retrieve roles.retrieve userRoles.list userRoles.retrieve
+ -  -  -  -  +  -  -  +  s  s  s  groups.create
+ -  -  -  -  +  -  -  o  s  s  s  groups.update groups.delete groupUsers.create groupUsers.delete
+ -  -  -  -  -  -  -  +  s  s  s  roles.create
+ -  -  -  -  -  -  -  o  s  s  s  roles.update roles.delete

  Groups and roles of a project: a role of the organization counts in all of its projects.
+ +  +  +  +  +  +  x  x  +  s  s  projectGroups.list projectGroups.retrieve projectRoles.list projectRoles.retrieve
                                   projectUserRoles.list projectUserRoles.retrieve projectGroupRoles.list
                                   projectGroupRoles.retrieve
+ x  +  +  -  x  -  x  x  s  s  s  projectRoles.create projectRoles.update projectRoles.delete

  A project and what is in it: its owners manage it.
+ x  +  -  -  x  -  x  x  +  s  s  projects.retrieve projectUsers.list projectUsers.retrieve serviceAccounts.list
                                   serviceAccounts.retrieve rateLimits.list
                                   projectSpendAlerts.list projectSpendAlerts.retrieve
+ x  +  -  -  x  -  x  x  s  s  s  projects.update projects.archive projectUsers.create projectUsers.update
                                   projectUsers.delete serviceAccounts.create serviceAccounts.update
                                   serviceAccounts.delete serviceAccounts.createApiKey rateLimits.update
                                   projectSpendAlerts.create projectSpendAlerts.update projectSpendAlerts.delete
                                   projectGroups.create projectGroups.delete
                                   projectUserRoles.create projectUserRoles.delete
                                   projectGroupRoles.create projectGroupRoles.delete
+ x  +  -  -  x  +  x  x  +  s  s  projectApiKeys.list projectApiKeys.retrieve
+ x  +  -  -  x  +  x  x  s  s  s  projectApiKeys.update projectApiKeys.delete

  What the organization rules for its projects.
+ x  -  -  -  x  -  x  x  +  s  s  modelPermissions.retrieve hostedToolPermissions.retrieve
                                   projectDataRetention.retrieve serviceTierSettings.retrieve
                                   projectSpendLimit.retrieve projectCertificates.list
+ x  -  -  -  x  -  x  x  s  s  s  modelPermissions.update modelPermissions.delete hostedToolPermissions.update
                                   projectDataRetention.update serviceTierSettings.update
                                   projectSpendLimit.update projectSpendLimit.delete
                                   projectCertificates.activate projectCertificates.deactivate

  The token is the proof, whatever key comes with it.
+ +  +  +  +  +  +  +  +  +  +  +  invites.accept
`

export type Mark = '+' | '-' | 's' | 'x' | 'o'
export type Decision = { endpoint: string; marks: Map<Principal, Mark> }

const columns = Object.keys(principals) as Principal[]

/** One for each operation that the table names. */
export const decisions: Decision[] = (() => {
  const all: Decision[] = []
  let marks = new Map<Principal, Mark>()
  for (const line of table.split('\n')) {
    const written = /^(?:[-+sxo] +){12}/.exec(line)?.[0]
    if (written) {
      const read = written.trim().split(/ +/) as Mark[]
      marks = new Map(columns.map((column, i) => [column, read[i] ?? '-']))
    }
    const names = line.slice(written?.length ?? 0).match(/\b\w+\.\w+\b(?![.\w])/g)
    if (written || line.startsWith(' '.repeat(30))) all.push(...(names ?? []).map((endpoint) => ({ endpoint, marks })))
  }
  return all
})()
