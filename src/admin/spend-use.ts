import type { spendUse as routes, SpendUse } from '../contract/spend-use.ts'
import { begunCents } from '../core/money.ts'
import { monthOf } from '../core/month.ts'
import { findSpent, WHOLE_ORGANIZATION } from '../db/spend.ts'
import type { Db } from '../db/tables.ts'
import type { Handlers } from './handlers.ts'
import { findOrganizationPolicy, findProjectPolicy } from './policy.ts'

export const spendUse: Handlers<typeof routes> = {
  // Who manages a project alone is not told what the others spend.
  async retrieve({ db, caller, project, now }) {
    const { month, ...told } = counted(now)
    const spent = (await findSpent(db, project.organization_id, [project.id], month)).get(project.id)
    const own = limit('project', (await findProjectPolicy(db, project))?.spend_limit_cents ?? null, spent)
    const seesAll = caller.access.permissions.has('api.management.read')
    const limits = seesAll ? [await ofOrganization(db, project.organization_id, month), own] : [own]
    return { object: 'project.spend_limit.usage', month, ...told, limits }
  },

  async organization({ db, caller, now }) {
    const { month, ...told } = counted(now)
    const limits = [await ofOrganization(db, caller.organizationId, month)]
    return { object: 'organization.spend_limit.usage', month, ...told, limits }
  },
}

/** @param now Unix seconds */
function counted(now: number) {
  const { name, to } = monthOf(now * 1000)
  return { month: name, resets_at: to / 1000 }
}

async function ofOrganization(db: Db, id: string, month: string) {
  const spent = (await findSpent(db, id, [WHOLE_ORGANIZATION], month)).get(WHOLE_ORGANIZATION)
  return limit('organization', (await findOrganizationPolicy(db, id))?.spend_limit_cents ?? null, spent)
}

function limit(scope: 'organization' | 'project', cents: number | null, nano = 0n): SpendUse['limits'][number] {
  const spent = begunCents(nano)
  const remaining_amount = cents === null ? null : Math.max(0, cents - spent)
  return { scope, threshold_amount: cents, spent_amount: spent, remaining_amount }
}
