import {
  DEFAULT_PROJECT_RETENTION,
  DEFAULT_RETENTION,
  type OrganizationRetention,
  type ProjectRetention,
} from '../../core/policy.ts'
import { isGiven } from '../body/fields.ts'
import { wrongType } from '../invalid.ts'
import { bodyNotSeen, ruleOf } from './rule.ts'

/** With zero data retention the model server keeps nothing: `store` is forced off, whatever is asked. */
export const storesNothing = ruleOf<boolean>()({
  step: 'body',
  reads: ['project.data_retention', 'organization.data_retention'],
  read: ({ project, organization }) => isZero(project.data_retention, organization.data_retention),
  seen(nothing, { route, fields: { store }, edits }) {
    if (isGiven(store) && typeof store !== 'boolean') throw wrongType('store', 'a boolean', store)
    if (!nothing || store === false) return
    const keeps = route.body.kind === 'json' && route.body.store === 'by_default'
    if (keeps || store !== undefined) edits.set('store', false, { kind: 'setting' })
  },
  unseen(nothing, { project, route }) {
    if (!nothing || route.body.kind !== 'json' || route.body.store === 'never') return
    throw bodyNotSeen(project, 'may store nothing at the model server')
  },
})

/** The original takes `store` for false then; its other retentions are about its own logs. */
function isZero(project: ProjectRetention | null, organization: OrganizationRetention | null): boolean {
  const own = project ?? DEFAULT_PROJECT_RETENTION
  const effective = own === 'organization_default' ? (organization ?? DEFAULT_RETENTION) : own
  return effective === 'zero_data_retention' || effective === 'enhanced_zero_data_retention'
}
