import type { UpstreamConfigs } from '../../config/upstreams.ts'
import { type Offer, offers } from '../../core/offer.ts'

/** For each kind of things the names of the upstreams that have it, as the configuration orders them; no entry where none has. */
export type Offers = ReadonlyMap<Offer, readonly string[]>

/** Which upstreams offer what. */
export function offersOf(upstreams: UpstreamConfigs): Offers {
  const having = (offer: Offer) => [...upstreams].filter(([, one]) => one.offers.includes(offer)).map(([name]) => name)
  return new Map(offers.map((offer) => [offer, having(offer)] as const).filter(([, names]) => names.length > 0))
}
