import type { UpstreamConfigs } from '../../config/upstreams.ts'
import { type Offer, OWN_UPSTREAM, offers, ownOffers } from '../../core/offer.ts'

/** For each kind of things the names of the upstreams that have it, as the configuration orders them; no entry where none has. */
export type Offers = ReadonlyMap<Offer, readonly string[]>

/**
 * Which upstreams offer what. What the gate keeps itself it offers only where none offers files: who sends one does not say what it is for, and it
 * is to be where a model can see it.
 * @param keepsFiles whether the gate keeps files itself @param runsBatches whether it runs batches of some models
 */
export function offersOf(upstreams: UpstreamConfigs, keepsFiles = false, runsBatches = false): Offers {
  const having = (offer: Offer) => [...upstreams].filter(([, one]) => one.offers.includes(offer)).map(([name]) => name)
  const isOwn = keepsFiles && having('files').length === 0
  const keepers = (offer: Offer) => {
    if (isOwn && ownOffers.includes(offer)) return [OWN_UPSTREAM]
    return offer === 'batches' && runsBatches ? [...having(offer), OWN_UPSTREAM] : having(offer)
  }
  return new Map(offers.map((offer) => [offer, keepers(offer)] as const).filter(([, names]) => names.length > 0))
}
