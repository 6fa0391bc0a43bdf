import { BATCH_DIMENSION, type Catalogue } from '../../core/catalogue.ts'
import { DAY_MS } from '../../core/limit.ts'
import type { LimitLevel, LimitsAsked } from '../../core/limit-level.ts'
import { enqueuedOf, type TokensFull } from '../../db/batch-held.ts'
import type { Db } from '../../db/tables.ts'
import { batchWindowsOf } from '../limits/windows.ts'
import type { LineError } from './line-error.ts'

/** How much of the limits of enqueued input tokens batches hold now, for each of some models: none of one that has no such limit. */
export async function readEnqueued(
  db: Db,
  catalogue: Catalogue,
  { models, ...rules }: LimitsAsked,
): Promise<LimitLevel[][]> {
  const all = models.map((model) => {
    const { organization, project } = batchWindowsOf(rules, catalogue, model)
    return [
      { scope: 'organization' as const, ...organization },
      { scope: 'project' as const, ...project },
    ].flatMap(({ limit, ...window }) => (limit === null ? [] : [{ ...window, limit }]))
  })
  const keys = [...new Set(all.flat().map(({ key }) => key))]
  const enqueued = await enqueuedOf(db, rules.organizationId, keys)
  return all.map((windows) =>
    windows.map(({ key, scope, limit }) => {
      const counted = { scope, dimension: BATCH_DIMENSION, limit, periodMs: DAY_MS, drains: false }
      return { ...counted, level: enqueued.get(key) ?? 0 }
    }),
  )
}

type Names = { organizationId: string; projectId: string; model: string; pool: string | null }

/** Why a batch fails whose tokens are not to be had, in the original's words (behaviour reference, 1.4). @param asked tokens of all its lines */
export function tokenLimitExceeded(names: Names, { of, limit, enqueued }: TokensFull, asked: number): LineError {
  const { organizationId, projectId, model, pool } = names
  const shared = pool === null || of === 'project' ? model : `${model} (for limit ${pool})`
  const whose =
    of === 'project' ? `project ${projectId} organization ${organizationId}` : `organization ${organizationId}`
  const advice =
    asked > limit
      ? 'This batch alone has more than the limit allows.'
      : 'Please try again once some in_progress batches have been completed.'
  const counts = `Limit: ${figure(limit)} enqueued tokens. Enqueued: ${figure(enqueued)}, requested: ${figure(asked)}.`
  const message = `Enqueued token limit reached for ${shared} in ${whose}. ${counts} ${advice}`
  return { code: 'token_limit_exceeded', line: null, message, param: null }
}

const figure = (count: number) => count.toLocaleString('en-US')
