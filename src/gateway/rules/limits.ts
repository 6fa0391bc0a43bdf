import type { Limits } from '../../core/catalogue.ts'
import { windowsOf } from '../limits/windows.ts'
import { ruleOf } from './rule.ts'

/** What the project has set itself of its rate limits, by the row's model; the organization's are in the catalogue. */
export const limits = ruleOf<ReadonlyMap<string, Limits>>()({
  step: 'limits',
  reads: ['limits'],
  read: (stored) => new Map(stored.limits.map((row): [string, Limits] => [row.model, JSON.parse(row.limits)])),
  windows: (own, { organizationId, projectId }, { catalogue }, { limitedAs }) =>
    windowsOf({ organizationId, projectId, limits: own }, catalogue.current, limitedAs),
})
