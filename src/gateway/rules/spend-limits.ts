import type { SpendLimits } from '../spend/money.ts'
import { ruleOf } from './rule.ts'

/** What a project and its organization may spend in a month. */
export const spendLimits = ruleOf<SpendLimits>()({
  step: 'money',
  reads: ['project.spend_limit_cents', 'organization.spend_limit_cents'],
  read: ({ project, organization }) => ({
    project: project.spend_limit_cents,
    organization: organization.spend_limit_cents,
  }),
  sets: (limits, { organizationId, projectId }, { reserving }, { paidAs, worst, caps, at }) =>
    reserving.toReserve({ organizationId, projectId, spendLimits: limits }, { model: paidAs, worst, caps }, at),
})
