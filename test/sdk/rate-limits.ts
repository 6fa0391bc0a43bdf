import assert from 'node:assert/strict'
import { all, refusal, type Scenario, unknownLike, type World } from './scenario.ts'

/** What the original shows where there is no maximum. */
const UNLIMITED = 2_147_483_647
const newProject = async ({ admin }: World) => (await admin.projects.create({ name: 'limited' })).id
const rowsOf = ({ admin }: World, project: string) =>
  all(admin.projects.rateLimits.listRateLimits(project, { limit: 1 }))

export const rateLimitScenarios: Record<string, Scenario> = {
  'organization.projects.rateLimits.listRateLimits': async (world) => {
    const { admin, organization } = world
    const rows = await rowsOf(world, organization.defaultProjectId)
    assert.deepEqual(
      rows.map(({ object, id, model }) => ({ object, id, model })),
      ['*default', 'echo'].map((model) => ({ object: 'project.rate_limit', id: `rl-${model}`, model })),
    )
    for (const row of rows) {
      const { max_requests_per_1_minute: requests, max_tokens_per_1_minute: tokens } = row
      assert.deepEqual([requests, tokens], [UNLIMITED, UNLIMITED])
    }
    const nowhere = admin.projects.rateLimits.listRateLimits(unknownLike(organization.defaultProjectId))
    await assert.rejects(nowhere, refusal(404, 'not_found', 'project_id'))
  },

  'organization.projects.rateLimits.updateRateLimit': async (world) => {
    const { rateLimits } = world.admin.projects
    const [project_id, other] = [await newProject(world), await newProject(world)]
    await rateLimits.updateRateLimit('rl-echo', { project_id, max_requests_per_1_minute: 60 })
    const changed = await rateLimits.updateRateLimit('rl-echo', { project_id, max_tokens_per_1_minute: 0 })
    assert.deepEqual([changed.max_requests_per_1_minute, changed.max_tokens_per_1_minute], [60, 0])
    assert.deepEqual((await rowsOf(world, project_id)).at(-1), changed)
    assert.equal((await rowsOf(world, other)).at(-1)?.max_requests_per_1_minute, UNLIMITED)
    const unknown = rateLimits.updateRateLimit('rl-nobody', { project_id, max_requests_per_1_minute: 1 })
    await assert.rejects(unknown, { status: 400, code: 'rate_limit_does_not_exist_for_org_and_model' })
    const wrong = rateLimits.updateRateLimit('rl-echo', { project_id, batch_1_day_max_input_tokens: 1 })
    await assert.rejects(wrong, { status: 400, code: 'invalid_rate_limit_type' })
    const negative = rateLimits.updateRateLimit('rl-echo', { project_id, max_requests_per_1_minute: -1 })
    await assert.rejects(negative, refusal(400, 'integer_below_min_value', 'max_requests_per_1_minute'))
    assert.deepEqual((await rowsOf(world, project_id)).at(-1), changed)
  },
}
