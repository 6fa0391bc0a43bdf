import type { projectDataRetention as projectRoutes, dataRetention as routes } from '../contract/data-retention.ts'
import { DEFAULT_PROJECT_RETENTION, DEFAULT_RETENTION } from '../core/policy.ts'
import type { Handlers } from './handlers.ts'
import { findOrganizationPolicy, findProjectPolicy, saveOrganizationPolicy, saveProjectPolicy } from './policy.ts'

export const dataRetention: Handlers<typeof routes> = {
  async retrieve({ db, caller }) {
    const policy = await findOrganizationPolicy(db, caller.organizationId)
    return { object: 'organization.data_retention', type: policy?.data_retention ?? DEFAULT_RETENTION }
  },

  async update({ db, caller, body }) {
    const type = body.retention_type
    await saveOrganizationPolicy(db, caller.organizationId, { data_retention: type })
    return {
      reply: { object: 'organization.data_retention', type },
      audit: { id: caller.organizationId, changes_requested: { data_retention: body } },
    }
  },
}

export const projectDataRetention: Handlers<typeof projectRoutes> = {
  async retrieve({ db, project }) {
    const policy = await findProjectPolicy(db, project)
    return { object: 'project.data_retention', type: policy?.data_retention ?? DEFAULT_PROJECT_RETENTION }
  },

  async update({ db, project, body }) {
    const type = body.retention_type
    await saveProjectPolicy(db, project, { data_retention: type })
    return {
      reply: { object: 'project.data_retention', type },
      audit: { id: project.id, changes_requested: { data_retention: body } },
    }
  },
}
