import { type Static, Type } from './json-schema.ts'
import { get, ours } from './route.ts'
import { Const, Enum, Nullable, Time } from './schema.ts'

const Cents = (description: string) => Type.Integer({ description })

const fields = (limits: string) => ({
  month: Type.String({ description: 'The calendar month that is counted, UTC: `2026-11`.' }),
  resets_at: Time,
  limits: Type.Array(
    Type.Object({
      scope: Enum(['organization', 'project'], {
        description: "Whose money: an organization's is that of all of its projects.",
      }),
      threshold_amount: Nullable(Cents('The limit in cents; null: there is none.')),
      spent_amount: Cents('What was spent this month, in cents, a begun one as a whole.'),
      remaining_amount: Nullable(Cents('What is left, in cents; null: there is no limit.')),
    }),
    { description: limits },
  ),
})

const SpendUse = Type.Object({
  object: Const('project.spend_limit.usage'),
  ...fields("The project's, and the organization's to whoever may see that."),
})
export type SpendUse = Static<typeof SpendUse>
const OrganizationSpendUse = Type.Object({
  object: Const('organization.spend_limit.usage'),
  ...fields("The organization's."),
})

export const spendUse = ours('The original shows what was spent on its web site only.', {
  retrieve: get('/v1/organization/projects/:project_id/spend_limit/usage', {
    summary: 'What a project has spent this month of its limit, and its organization of its own',
    permission: 'api.management.read',
    reply: SpendUse,
  }),
  organization: get('/v1/organization/spend_limit/usage', {
    summary: 'What the organization has spent this month, with all of its projects, of its limit',
    permission: 'api.management.read',
    reply: OrganizationSpendUse,
  }),
})
