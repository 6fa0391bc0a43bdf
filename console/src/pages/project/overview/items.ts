import type { Item as ItemOf } from '../../../api/operations.ts'
import type { Item } from '../../attention/item.ts'
import type { Use } from '../../spend/whose.ts'
import type { Project } from '../known.ts'
import type { Row } from '../limits/row.ts'

type Key = ItemOf<'GET /v1/organization/projects/:project_id/api_keys'>

const DAY = 86_400
/** From there on it is said, as the server says it of the organization: of a limit, and of keys. */
const [NEAR, UNUSED, SOON] = [0.8, 90 * DAY, 14 * DAY]

/** A field that a kind has nothing for is null. */
const item = (told: Pick<Item, 'kind' | 'severity' | 'subject' | 'project'> & Partial<Item>): Item => ({
  ...{ since: null, until: null, used: null, maximum: null, dimension: null, error_code: null },
  ...told,
})

/** Limits of money that are near their end: the project's, and the organization's, which holds for it too. */
export const ofSpend = ({ id, name }: Project, { limits, resets_at: until }: Use): Item[] =>
  limits.flatMap(({ scope, threshold_amount: maximum, spent_amount: used, remaining_amount }) => {
    if (maximum === null || used < maximum * NEAR) return []
    const subject = scope === 'project' ? { type: scope, id, name } : { type: scope, id: scope, name: null }
    const severity = remaining_amount === 0 ? 'critical' : 'warning'
    return [item({ kind: 'spend_limit', severity, subject, project: null, used, maximum, until })]
  })

/** Rate limits that are near their end: of each model, and each thing that is counted, the one that binds. */
export const ofLimits = ({ id, name }: Project, rows: readonly Row[]): Item[] =>
  rows.flatMap(({ id: row, model, dimension, binding }) => {
    const { used, maximum } = binding ?? { used: null, maximum: 0 }
    if (used === null || used === 0 || used < maximum * NEAR) return []
    const severity = used >= maximum ? 'critical' : 'warning'
    const subject = { type: 'rate_limit' as const, id: row, name: model }
    return [item({ kind: 'rate_limit', severity, subject, project: { id, name }, used, maximum, dimension })]
  })

/** Keys that end soon, and those that open something and that nobody uses. @param now Unix seconds */
export const ofKeys = ({ id, name }: Project, keys: readonly Key[], now: number): Item[] =>
  keys.flatMap((key) => {
    const { expires_at: until, created_at, last_used_at, disabled_at } = key
    if (disabled_at !== null || (until !== null && until <= now)) return []
    const of = {
      ...{ severity: 'warning' as const, project: { id, name } },
      subject: { type: 'api_key' as const, id: key.id, name: key.name },
    }
    const since = last_used_at ?? created_at
    return [
      ...(until !== null && until <= now + SOON ? [item({ kind: 'key_expiring', ...of, until })] : []),
      ...(since <= now - UNUSED ? [item({ kind: 'key_unused', ...of, since })] : []),
    ]
  })
