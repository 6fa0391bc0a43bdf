import { ApiError } from '../contract/error.ts'
import type { projectSpendLimit as projectRoutes, spendLimit as routes } from '../contract/spend-limit.ts'
import type { Handlers } from './handlers.ts'
import { findOrganizationPolicy, findProjectPolicy, saveOrganizationPolicy, saveProjectPolicy } from './policy.ts'

export const spendLimit: Handlers<typeof routes> = {
  async retrieve({ db, caller }) {
    const policy = await findOrganizationPolicy(db, caller.organizationId)
    const cents = policy?.spend_limit_cents ?? null
    if (cents === null) throw organizationHasNone()
    return { object: 'organization.spend_limit', ...limit(cents) }
  },

  async update({ db, caller, body }) {
    await saveOrganizationPolicy(db, caller.organizationId, { spend_limit_cents: body.threshold_amount })
    return {
      reply: { object: 'organization.spend_limit', ...limit(body.threshold_amount) },
      audit: { id: caller.organizationId, changes_requested: { spend_limit: body } },
    }
  },

  async delete({ db, caller }) {
    const done = await db
      .updateTable('organization_policy')
      .set({ spend_limit_cents: null })
      .where('organization_id', '=', caller.organizationId)
      .where('spend_limit_cents', 'is not', null)
      .executeTakeFirst()
    if (done.numUpdatedRows === 0n) throw organizationHasNone()
    return {
      reply: { object: 'organization.spend_limit.deleted', deleted: true },
      audit: { id: caller.organizationId, changes_requested: { spend_limit: null } },
    }
  },
}

export const projectSpendLimit: Handlers<typeof projectRoutes> = {
  async retrieve({ db, project }) {
    const policy = await findProjectPolicy(db, project)
    const cents = policy?.spend_limit_cents ?? null
    if (cents === null) throw projectHasNone(project.id)
    return { object: 'project.spend_limit', ...limit(cents) }
  },

  async update({ db, project, body }) {
    await saveProjectPolicy(db, project, { spend_limit_cents: body.threshold_amount })
    return {
      reply: { object: 'project.spend_limit', ...limit(body.threshold_amount) },
      audit: { id: project.id, changes_requested: { spend_limit: body } },
    }
  },

  async delete({ db, project }) {
    const done = await db
      .updateTable('project_policy')
      .set({ spend_limit_cents: null })
      .where('organization_id', '=', project.organization_id)
      .where('project_id', '=', project.id)
      .where('spend_limit_cents', 'is not', null)
      .executeTakeFirst()
    if (done.numUpdatedRows === 0n) throw projectHasNone(project.id)
    return {
      reply: { object: 'project.spend_limit.deleted', deleted: true },
      audit: { id: project.id, changes_requested: { spend_limit: null } },
    }
  },
}

/** The only place that says whether a spend limit is enforcing. This version's gate enforces none, so it never is. */
const enforcement = { status: 'inactive' } as const

const limit = (cents: number) => ({
  threshold_amount: cents,
  currency: 'USD' as const,
  interval: 'month' as const,
  enforcement,
})

const organizationHasNone = () => new ApiError('not_found', 'The organization has no spend limit.')
const projectHasNone = (id: string) =>
  new ApiError('not_found', `Project '${id}' has no spend limit.`, { param: 'project_id' })
