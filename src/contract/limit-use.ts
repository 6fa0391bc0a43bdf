import type { Dimension } from '../core/catalogue.ts'
import { type Static, Type } from './json-schema.ts'
import { get, ours } from './route.ts'
import { Const, Enum, Id, List, Nullable, paging, Query, Searched } from './schema.ts'

const Amount = (description: string) => Nullable(Type.Integer({ description }))

const fields = (limits: string) => ({
  id: Id('`rl-` and the name of the model, as the rate limit itself has it.'),
  model: Type.String({ description: 'The model, or the pool that several models share.' }),
  limits: Type.Array(
    Type.Object({
      scope: Enum(['organization', 'project'], {
        description: "Whose it is: an organization's is shared by its projects.",
      }),
      dimension: Type.Unsafe<Dimension>(
        Type.String({ description: 'What it counts, as the rate limit itself calls it.' }),
      ),
      period_seconds: Type.Integer(),
      maximum: Type.Integer(),
      used: Amount('How much counts as used now; null where the counters cannot be asked.'),
      remaining: Amount('What is left of it now.'),
      resets_in_ms: Amount(
        'Until all of it is left again, if nothing more is used; null where batches hold it until they end.',
      ),
    }),
    { description: limits },
  ),
})

const LimitUse = Type.Object({
  object: Const('project.rate_limit.usage'),
  ...fields('Every limit that a call of the model is counted in. Without any the model is not limited.'),
})
export type LimitUse = Static<typeof LimitUse>
const OrganizationLimitUse = Type.Object({
  object: Const('organization.rate_limit.usage'),
  ...fields("The organization's, in which the calls of all of its projects are counted."),
})
export type OrganizationLimitUse = Static<typeof OrganizationLimitUse>

const query = Query({ ...paging(), name: Type.Optional(Searched("What the model's name holds.")) })

export const limitUse = ours('The original shows it in the headers of answers only.', {
  list: get('/v1/organization/projects/:project_id/rate_limits/usage', {
    summary: "List what of a project's rate limits is used now: one row for each model, as the limits themselves",
    permission: 'api.model.request',
    usesModels: true,
    usesLevels: true,
    query,
    reply: List(LimitUse),
  }),
  organization: get('/v1/organization/rate_limits/usage', {
    summary:
      "List the organization's rate limits and what of them is used now: one row for each model that has any, and for each pool",
    permission: 'api.management.read',
    usesModels: true,
    usesLevels: true,
    query,
    reply: List(OrganizationLimitUse),
  }),
})
