import type { SpendLimits } from '../spend/money.ts'
import type { Rule } from './rule.ts'

/** What a project and its organization may spend in a month. */
export const spendLimits = {
  step: 'money',
  reads: ['project.spend_limit_cents', 'organization.spend_limit_cents'],
  read: ({ project, organization }): SpendLimits => ({
    project: project.spend_limit_cents,
    organization: organization.spend_limit_cents,
  }),
  sets: (limits, { organizationId, projectId }, { spend }, { paidAs, worst, at }) =>
    spend.toReserve({ organizationId, projectId, spendLimits: limits }, { model: paidAs, worst }, at),
} satisfies Rule<SpendLimits>
