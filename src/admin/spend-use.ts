import type { spendUse as routes, SpendUse } from '../contract/spend-use.ts'
import { begunCents } from '../core/money.ts'
import { monthOf } from '../core/month.ts'
import { findSpent, WHOLE_ORGANIZATION } from '../db/spend.ts'
import type { Handlers } from './handlers.ts'
import { findOrganizationPolicy, findProjectPolicy } from './policy.ts'

export const spendUse: Handlers<typeof routes> = {
  // Who manages a project alone is not told what the others spend.
  async retrieve({ db, caller, project, now }) {
    const month = monthOf(now * 1000)
    const seesAll = caller.access.permissions.has('api.management.read')
    const whose = seesAll ? [WHOLE_ORGANIZATION, project.id] : [project.id]
    const spent = await findSpent(db, project.organization_id, whose, month.name)
    const ofProject = (await findProjectPolicy(db, project))?.spend_limit_cents ?? null
    const limits = [limit('project', ofProject, spent.get(project.id))]
    if (seesAll) {
      const ofOrganization = (await findOrganizationPolicy(db, project.organization_id))?.spend_limit_cents ?? null
      limits.unshift(limit('organization', ofOrganization, spent.get(WHOLE_ORGANIZATION)))
    }
    return { object: 'project.spend_limit.usage', month: month.name, resets_at: month.to / 1000, limits }
  },
}

function limit(scope: 'organization' | 'project', cents: number | null, nano = 0n): SpendUse['limits'][number] {
  const spent = begunCents(nano)
  const remaining_amount = cents === null ? null : Math.max(0, cents - spent)
  return { scope, threshold_amount: cents, spent_amount: spent, remaining_amount }
}
