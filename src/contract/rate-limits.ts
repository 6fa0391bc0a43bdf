import type { dimensions } from '../core/catalogue.ts'
import { type Static, Type } from './json-schema.ts'
import { get, post } from './route.ts'
import { Body, Const, Id, List, paging, Query } from './schema.ts'

const Maximum = Type.Integer({ minimum: 0, maximum: 2_147_483_647, description: '0 blocks; 2147483647 is unlimited.' })

export const RateLimit = Type.Object({
  object: Const('project.rate_limit'),
  id: Id('`rl-` and the name of the model.'),
  model: Type.String(),
  max_requests_per_1_minute: Maximum,
  max_tokens_per_1_minute: Maximum,
  max_images_per_1_minute: Type.Optional(Maximum),
  max_audio_megabytes_per_1_minute: Type.Optional(Maximum),
  max_requests_per_1_day: Type.Optional(Maximum),
  batch_1_day_max_input_tokens: Type.Optional(Maximum),
})
export type RateLimit = Static<typeof RateLimit>

const Update = Body({
  max_requests_per_1_minute: Type.Optional(Maximum),
  max_tokens_per_1_minute: Type.Optional(Maximum),
  max_images_per_1_minute: Type.Optional(Maximum),
  max_audio_megabytes_per_1_minute: Type.Optional(Maximum),
  max_requests_per_1_day: Type.Optional(Maximum),
  batch_1_day_max_input_tokens: Type.Optional(Maximum),
} satisfies Record<(typeof dimensions)[number], unknown>)

const path = '/v1/organization/projects/:project_id/rate_limits'

export const rateLimits = {
  list: get(path, {
    summary: "List a project's rate limits: one row for each model",
    permission: 'api.management.read',
    usesModels: true,
    query: Query({
      ...paging(1000, 100),
      before: Type.Optional(Type.String({ description: 'The page ends before the row with this id.' })),
    }),
    reply: List(RateLimit),
  }),
  update: post(`${path}/:rate_limit_id`, {
    summary: "Change a project's rate limit for a model",
    permission: 'api.management.write',
    audit: 'rate_limit.updated',
    grants: { nothing: 'it rules what may be used, and gives nobody a role or a key' },
    usesModels: true,
    ids: { rate_limit_id: '`rl-` and the name of the model.' },
    body: Update,
    reply: RateLimit,
  }),
}
