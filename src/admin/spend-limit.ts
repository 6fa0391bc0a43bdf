import { ApiError } from '../contract/error.ts'
import type { projectSpendLimit as projectRoutes, spendLimit as routes } from '../contract/spend-limit.ts'
import { NANOS_PER_CENT } from '../core/money.ts'
import { monthOf } from '../core/month.ts'
import { findSpent, WHOLE_ORGANIZATION } from '../db/spend.ts'
import type { Db } from '../db/tables.ts'
import type { Handlers } from './handlers.ts'
import { ownedBy } from './owned.ts'
import { findOrganizationPolicy, findProjectPolicy, saveOrganizationPolicy, saveProjectPolicy } from './policy.ts'

export const spendLimit: Handlers<typeof routes> = {
  async retrieve({ db, caller, now }) {
    const policy = await findOrganizationPolicy(db, caller.organizationId)
    const cents = policy?.spend_limit_cents ?? null
    if (cents === null) throw organizationHasNone()
    return { object: 'organization.spend_limit', ...(await limit(db, whole(caller), cents, now)) }
  },

  async update({ db, caller, body, now }) {
    await saveOrganizationPolicy(db, caller.organizationId, { spend_limit_cents: body.threshold_amount })
    return {
      reply: { object: 'organization.spend_limit', ...(await limit(db, whole(caller), body.threshold_amount, now)) },
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
  async retrieve({ db, project, now }) {
    const policy = await findProjectPolicy(db, project)
    const cents = policy?.spend_limit_cents ?? null
    if (cents === null) throw projectHasNone(project.id)
    return { object: 'project.spend_limit', ...(await limit(db, part(project), cents, now)) }
  },

  async update({ db, project, body, now }) {
    await saveProjectPolicy(db, project, { spend_limit_cents: body.threshold_amount })
    return {
      reply: { object: 'project.spend_limit', ...(await limit(db, part(project), body.threshold_amount, now)) },
      audit: { id: project.id, changes_requested: { spend_limit: body } },
    }
  },

  async delete({ db, project }) {
    const done = await db
      .updateTable('project_policy')
      .set({ spend_limit_cents: null })
      .where((eb) => eb.and(ownedBy(project)))
      .where('spend_limit_cents', 'is not', null)
      .executeTakeFirst()
    if (done.numUpdatedRows === 0n) throw projectHasNone(project.id)
    return {
      reply: { object: 'project.spend_limit.deleted', deleted: true },
      audit: { id: project.id, changes_requested: { spend_limit: null } },
    }
  },
}

/** Whose money: an organization's altogether, or a project's. */
type Spender = { organizationId: string; projectId: string }
const whole = ({ organizationId }: { organizationId: string }): Spender => ({
  organizationId,
  projectId: WHOLE_ORGANIZATION,
})
const part = ({ organization_id, id }: { organization_id: string; id: string }): Spender => ({
  organizationId: organization_id,
  projectId: id,
})

/**
 * A limit as the API shows it. It is enforcing when the month's costs have reached it, so that the gate refuses every request.
 * @param now Unix seconds
 */
async function limit(db: Db, { organizationId, projectId }: Spender, cents: number, now: number) {
  const spent = await findSpent(db, organizationId, [projectId], monthOf(now * 1000).name)
  const isReached = (spent.get(projectId) ?? 0n) >= BigInt(cents) * NANOS_PER_CENT
  return {
    threshold_amount: cents,
    currency: 'USD' as const,
    interval: 'month' as const,
    enforcement: { status: isReached ? ('enforcing' as const) : ('inactive' as const) },
  }
}

const organizationHasNone = () => new ApiError('not_found', 'Spend limit not found: the organization has none.')
const projectHasNone = (id: string) =>
  new ApiError('not_found', `Spend limit not found: project '${id}' has none.`, { param: 'project_id' })
