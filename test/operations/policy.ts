import { idleCertificates, limit } from './organization.ts'
import { project, sends } from './parents.ts'
import type { Place, Requests } from './place.ts'

const activeInProject = async (at: Place) => {
  const { params } = await project(at)
  const body = await idleCertificates(at)
  await at.admin.projects.certificates.activate(params.project_id, body)
  return { params, body }
}

const models = { mode: 'deny_list' as const, model_ids: ['echo'] }
const restricted = async (at: Place) => {
  const request = await project(at)
  await at.admin.projects.modelPermissions.update(request.params.project_id, models)
  return request
}

const limited = async (at: Place) => {
  const request = await project(at)
  await at.admin.projects.spendLimit.update(request.params.project_id, limit)
  return request
}

/** What the organization rules for its projects. */
export const policyRequests = {
  projectCertificates: { list: project, activate: sends(project, idleCertificates), deactivate: activeInProject },
  modelPermissions: { retrieve: restricted, update: sends(project, models), delete: restricted },
  hostedToolPermissions: {
    retrieve: project,
    update: sends(project, { mcp: { enabled: true }, web_search: { enabled: false } }),
  },
  projectDataRetention: {
    retrieve: project,
    update: sends(project, { retention_type: 'organization_default' as const }),
  },
  serviceTierSettings: {
    retrieve: project,
    update: sends(project, { default: 'standard' as const, enabled_tiers: ['flex' as const] }),
  },
  projectSpendLimit: { retrieve: limited, update: sends(project, limit), delete: limited },
} satisfies Partial<Requests>

export const policyDecisions = `
O R PO PM PV CO CP ST OO KR KU SA

+ x  -  -  -  x  -  x  x  +  s  s  modelPermissions.retrieve hostedToolPermissions.retrieve
                                   projectDataRetention.retrieve serviceTierSettings.retrieve
                                   projectSpendLimit.retrieve projectCertificates.list
+ x  -  -  -  x  -  x  x  s  s  s  modelPermissions.update modelPermissions.delete hostedToolPermissions.update
                                   projectDataRetention.update serviceTierSettings.update
                                   projectSpendLimit.update projectSpendLimit.delete
                                   projectCertificates.activate projectCertificates.deactivate
`
