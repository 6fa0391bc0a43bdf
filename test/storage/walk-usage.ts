import { spendNearLimits } from '../../src/admin/attention-spend.ts'
import { spent } from '../../src/admin/usage-summaries.ts'
import { summary } from '../../src/admin/usage-summary.ts'
import { contract } from '../../src/contract/index.ts'
import { recordUsage } from '../../src/db/usage.ts'
import type { Organization } from '../contract/organizations.ts'
import { FULL_PROJECT, LAST_USAGE_DAY } from '../support/filling.ts'
import type { TestApp } from '../support/harness.ts'

const DAY = 86_400
/** A day on which somebody used something that people and machines are told by. */
const OWN_DAY = 100 * DAY

/** Summaries by all that they are told by, narrowed and not, and of a day on which there is much. */
export async function walkSummaries(app: TestApp, own: Organization): Promise<void> {
  const of = { organization_id: own.id, at: OWN_DAY, project_id: FULL_PROJECT, model: 'm', num_model_requests: 1 }
  await recordUsage(app.db, [
    { ...of, kind: 'completions', user_id: own.ownerId },
    { ...of, kind: 'completions', user_id: 'svc_acct_x' },
  ])
  const window = (day: number) => `start_time=${day}&end_time=${day + DAY}&include_previous_period=true`
  for (const place of ['', `projects/${FULL_PROJECT}/`]) {
    for (const by of ['model', 'api_key_id', 'user_id', 'service_account_id', 'project_id', 'line_item', 'batch']) {
      for (const query of [
        `costs/summary?${window(LAST_USAGE_DAY)}&group_by=${by}`,
        `usage/summary?${window(OWN_DAY)}&group_by=${by}`,
      ]) {
        await app.send('GET', `/v1/organization/${place}${query}`, { key: own.key })
      }
    }
  }
  for (const filter of ['project_ids', 'api_key_ids', 'user_ids', 'line_items']) {
    const query = `costs/summary?${window(LAST_USAGE_DAY)}&${filter}[]=x`
    await app.send('GET', `/v1/organization/${query}`, { key: own.key })
  }
  await walkSlices(app, own)
  // More projects with a limit than are looked at with one statement, and altogether.
  const looking = { db: app.db, now: OWN_DAY, isLeft: () => false }
  await spendNearLimits(looking, own.id, { atOnce: 1, most: 2 })
}

/** A summary of more than one statement may read, and of more names than may be held. */
async function walkSlices({ db }: TestApp, own: Organization): Promise<void> {
  const window = { start_time: LAST_USAGE_DAY, end_time: LAST_USAGE_DAY + DAY, bucket_width: '1d' } as const
  const query = { ...window, group_by: 'api_key_id', include_previous_period: false } as const
  const call = { db, now: LAST_USAGE_DAY, caller: { organizationId: own.id }, query }
  const shape = { ...spent, route: contract.costsSummary.retrieve }
  for (const project of [null, FULL_PROJECT]) {
    // A day has a thousand rows, of which a project has a hundred.
    const bounds = { whole: 50, slice: 60, names: 30 }
    const parts = summary({ ...call, inTurn: (work) => work() }, shape, project, bounds)
    for await (const _ of parts);
  }
}
