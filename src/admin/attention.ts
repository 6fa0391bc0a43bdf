import type { Attention, AttentionItem, attention as routes } from '../contract/attention.ts'
import { holds } from '../core/permission.ts'
import { type Found, MOST } from './attention-item.ts'
import { expiringKeys, unusedKeys } from './attention-keys.ts'
import { limitedCalls } from './attention-limited.ts'
import { expiringCertificates, refusedCalls } from './attention-organization.ts'
import { fullRateLimits } from './attention-rate-limits.ts'
import { spendNearLimits } from './attention-spend.ts'
import type { Handlers } from './handlers.ts'

export const attention: Handlers<typeof routes> = {
  // Whoever may not look at the organization is told of their own keys.
  async retrieve({ db, caller, now, isLeft, models, levels }) {
    const looking = { db, now, isLeft }
    const { organizationId, userId, access, scopes } = caller
    const seesAll = holds(access, scopes, 'api.management.read')
    const whose = { organizationId, ...(!seesAll && { ownerId: userId }) }
    const found: [AttentionItem['kind'], Found][] = []
    if (seesAll) {
      found.push(['spend_limit', await spendNearLimits(looking, organizationId)])
      found.push(['rate_limit', await fullRateLimits(caller, models.seen, levels, now)])
      found.push(['calls_limited', await limitedCalls(db, organizationId, now)])
      found.push(['certificate_expiring', await expiringCertificates(db, organizationId, now)])
    }
    found.push(['key_expiring', await expiringKeys(looking, whose)])
    found.push(['key_unused', await unusedKeys(looking, whose)])
    if (seesAll) found.push(['calls_refused', await refusedCalls(db, organizationId, now)])
    return view(found)
  },
}

function view(found: readonly [AttentionItem['kind'], Found][]): Attention {
  const data = found.flatMap(([kind, { items }]) => items.slice(0, MOST).map((told) => ({ kind, ...told })))
  const isCritical = ({ severity }: AttentionItem) => severity === 'critical'
  return {
    object: 'organization.attention',
    data: [...data.filter(isCritical), ...data.filter((one) => !isCritical(one))],
    more: found.flatMap(([kind, { items, cut }]) => (cut || items.length > MOST ? [kind] : [])),
  }
}
