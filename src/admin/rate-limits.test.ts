import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { databases } from '../../test/support/databases.ts'
import { startTestApp, type TestApp } from '../../test/support/harness.ts'

const config = `
models:
  org/small.1:
    organization_limits: { max_requests_per_1_minute: 500, max_tokens_per_1_minute: 30000 }
  painter:
    dimensions: [images]
    shared_pool: paint
    organization_limits: { max_images_per_1_minute: 10 }
  ft:base:acme::1: { projects: ['*'] }
`

const family = `
models:
  base: { organization_limits: { max_requests_per_1_minute: 50, max_requests_per_1_day: 900 } }
  ft:base:acme::1: { projects: ['*'], organization_limits: { max_tokens_per_1_minute: 7000 } }
  ft:base:acme::2: { projects: ['*'], organization_limits: { max_tokens_per_1_minute: 6000 } }
  big: { shared_pool: pair, organization_limits: { max_requests_per_1_minute: 500, max_requests_per_1_day: 100 } }
  small: { shared_pool: pair, organization_limits: { max_requests_per_1_minute: 200 } }
`

for (const database of databases) {
  describe(`rate limits on ${database}`, () => {
    let app: TestApp
    let folder: string
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'gatehouse-config-'))
      await writeFile(join(folder, 'config.yaml'), config)
      app = await startTestApp({ database, env: { GATEHOUSE_CONFIG: join(folder, 'config.yaml') } })
    })
    after(async () => {
      await app[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    })
    const newProject = async () => (await app.admin().organization.projects.create({ name: 'limits' })).id
    const limits = () => app.admin().organization.projects.rateLimits
    const row = async (project: string, id: string) => {
      for await (const limit of limits().listRateLimits(project)) if (limit.id === id) return limit
      return assert.fail(`no row ${id}`)
    }

    test('there is a row for every model, pool and fine-tuned base, and one for the rest; unlimited is 2147483647', async () => {
      const project = await newProject()
      const { data } = await limits().listRateLimits(project)
      const names = ['*default', 'echo', 'ft:base', 'org/small.1', 'paint-shared', 'painter']
      assert.deepEqual(
        data.map(({ model }) => model),
        names,
      )
      assert.deepEqual(
        data.map(({ id }) => id),
        names.map((name) => `rl-${name}`),
      )
      const echo = await row(project, 'rl-echo')
      assert.equal(echo.max_requests_per_1_minute, 2_147_483_647)
      assert.equal(echo.max_images_per_1_minute, undefined)
      assert.equal((await row(project, 'rl-painter')).max_images_per_1_minute, 10)
    })

    test("a project's maximum holds for that project, survives partial changes, and 0 is a maximum", async () => {
      const [one, other] = [await newProject(), await newProject()]
      const id = 'rl-org/small.1'
      await limits().updateRateLimit(id, { project_id: one, max_requests_per_1_minute: 60 })
      const changed = await limits().updateRateLimit(id, { project_id: one, max_tokens_per_1_minute: 0 })
      assert.deepEqual([changed.max_requests_per_1_minute, changed.max_tokens_per_1_minute], [60, 0])
      assert.deepEqual(await row(one, id), changed)
      assert.equal((await row(other, id)).max_requests_per_1_minute, 500)
    })

    test('what cannot be set is refused with the code that says why, and nothing is stored', async () => {
      const project_id = await newProject()
      const cases: [string, Record<string, number>, string][] = [
        ['rl-org/small.1', { max_requests_per_1_minute: 501 }, 'rate_limit_exceeds_organization_limit'],
        ['rl-org/small.1', { max_images_per_1_minute: 1 }, 'invalid_rate_limit_type'],
        ['rl-echo', { batch_1_day_max_input_tokens: 1 }, 'invalid_rate_limit_type'],
        ['rl-paint-shared', { max_images_per_1_minute: 1 }, 'rate_limit_not_updatable'],
        ['rl-ft:base', { max_requests_per_1_minute: 1 }, 'rate_limit_not_updatable'],
        ['rl-nobody', { max_requests_per_1_minute: 1 }, 'rate_limit_does_not_exist_for_org_and_model'],
        ['rl-echo', { max_requests_per_1_minute: -1 }, 'integer_below_min_value'],
      ]
      for (const [id, change, code] of cases) {
        await assert.rejects(limits().updateRateLimit(id, { project_id, ...change }), { status: 400, code }, id)
      }
      await assert.rejects(limits().updateRateLimit('echo', { project_id }), { status: 404 })
      assert.equal(await countRows(project_id), 0)
    })

    test('pages go forwards and backwards', async () => {
      const project = await newProject()
      const first = await limits().listRateLimits(project, { limit: 2 })
      assert.equal(first.has_more, true)
      const second = await limits().listRateLimits(project, { limit: 2, after: first.last_id ?? '' })
      assert.deepEqual(
        second.data.map(({ model }) => model),
        ['ft:base', 'org/small.1'],
      )
      const back = await limits().listRateLimits(project, { limit: 2, before: second.data[0]?.id ?? '' })
      assert.deepEqual(back.data, first.data)
      await assert.rejects(limits().listRateLimits(project, { after: 'echo' }), { status: 400, code: 'invalid_value' })
    })

    test('rows show what the gate enforces: a pool what its strictest member may, fine-tuned models what their base may', async () => {
      const file = join(folder, 'family.yaml')
      await writeFile(file, family)
      await using other = await startTestApp({ database, env: { GATEHOUSE_CONFIG: file } })
      const { projects } = other.admin().organization
      const project_id = (await projects.create({ name: 'limits' })).id
      const set = (id: string, change: Record<string, number>) =>
        projects.rateLimits.updateRateLimit(id, { project_id, ...change })
      const shown = async (name: string) => {
        const { data } = await projects.rateLimits.listRateLimits(project_id)
        const row = data.find(({ model }) => model === name) ?? assert.fail(`no row ${name}`)
        return [row.max_requests_per_1_minute, row.max_tokens_per_1_minute, row.max_requests_per_1_day]
      }
      const free = 2_147_483_647
      for (const name of ['big', 'small', 'pair-shared']) assert.deepEqual(await shown(name), [200, free, 100], name)
      await assert.rejects(set('rl-big', { max_requests_per_1_minute: 201 }), {
        code: 'rate_limit_exceeds_organization_limit',
      })
      await set('rl-small', { max_requests_per_1_day: 9 })
      assert.deepEqual(await shown('small'), [200, free, 9])
      assert.deepEqual(await shown('pair-shared'), [200, free, 100])

      assert.deepEqual(await shown('ft:base'), [free, 6000, free])
      await set('rl-*default', { max_requests_per_1_minute: 30, max_tokens_per_1_minute: 5000 })
      assert.deepEqual(await shown('ft:base'), [30, 5000, free])
      await set('rl-base', { max_requests_per_1_minute: 40, max_requests_per_1_day: 800 })
      assert.deepEqual(await shown('ft:base'), [40, 5000, 800])
      assert.deepEqual(await shown('base'), [40, free, 800])
    })

    async function countRows(project: string) {
      const rows = await app.db.selectFrom('rate_limit').selectAll().where('project_id', '=', project).execute()
      return rows.length
    }
  })
}
