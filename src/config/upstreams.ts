import { BUILT_IN_UPSTREAM, type Catalogue } from '../core/catalogue.ts'
import type { Offer } from '../core/offer.ts'
import type { UnknownFields, UpstreamKind, UsageAsking } from '../core/upstream-kind.ts'

/** One model server of several. */
export type UpstreamConfig = {
  /** Without a slash at its end. */
  url: string
  key: string | null
  /** Milliseconds until a reply must begin; null: the gateway's own. */
  timeoutMs: number | null
  /** Its share of the calls, against the weights of the others that serve the same model. */
  weight: number
  kind: UpstreamKind
  /** Fields that it takes besides the original's and those of its kind. */
  extraFields: readonly string[]
  /** What becomes of all others; null: what its kind says. */
  unknownFields: UnknownFields | null
  asksForUsage: UsageAsking
  /** The kinds of things that it keeps for its account and that projects may have of it. */
  offers: readonly Offer[]
}

export type UpstreamConfigs = ReadonlyMap<string, UpstreamConfig>

/** What settings say of the one upstream of a small install. Null: not given, or no value that could be used. */
export type SmallInstall = {
  url: string | null
  urlGiven: boolean
  key: string | null
  kind: UpstreamKind | null
  asksForUsage: UsageAsking | null
  offers: readonly Offer[] | null
}

/** The name of an upstream that has none, because settings name it. */
const UNNAMED = 'default'

/** Where a model is served that names no upstreams: everywhere. */
export const everywhere = (upstreams: readonly string[]) => (upstreams.length > 0 ? upstreams : [BUILT_IN_UPSTREAM])

/** The upstreams of the file, or the one of the settings; and the models with the names of those that serve them. */
export function chooseUpstreams(
  file: { upstreams: UpstreamConfigs; models: Catalogue; unknownFields: UnknownFields | null },
  { url, urlGiven, key, kind, asksForUsage, offers }: SmallInstall,
  mistakes: string[],
): { upstreams: UpstreamConfigs; models: Catalogue } {
  const [only, ...others] = file.upstreams
  if (url !== null && only) mistakes.push('GATEHOUSE_UPSTREAM_URL: the configuration file names an upstream already')
  const ofOne = {
    KEY: [key, 'key'],
    KIND: [kind, 'kind'],
    ASKS_FOR_USAGE: [asksForUsage, 'word on that'],
    OFFERS: [offers, 'offers'],
  } as const
  for (const [name, [value, what]] of Object.entries(ofOne)) {
    if (value === null || (only ? others.length === 0 : urlGiven)) continue
    const why = only
      ? `the configuration file names several upstreams; there each has its own ${what}`
      : 'there is no GATEHOUSE_UPSTREAM_URL that it could be for'
    mistakes.push(`GATEHOUSE_UPSTREAM_${name}: ${why}`)
  }
  if (only) {
    const [name, one] = only
    const said = {
      ...one,
      key: key ?? one.key,
      kind: kind ?? one.kind,
      asksForUsage: asksForUsage ?? one.asksForUsage,
      offers: offers ?? one.offers,
    }
    const upstreams = others.length > 0 ? file.upstreams : new Map([[name, said]])
    return { upstreams, models: file.models }
  }
  if (url === null) return { upstreams: new Map(), models: file.models }
  const fields = { kind: kind ?? 'other', extraFields: [], unknownFields: file.unknownFields, offers: offers ?? [] }
  const one = { url, key, timeoutMs: null, weight: 1, ...fields, asksForUsage: asksForUsage ?? 'auto' }
  const models = [...file.models].map(([id, model]) => [id, { ...model, upstreams: [UNNAMED] }] as const)
  return {
    upstreams: new Map([[UNNAMED, one]]),
    models: new Map(models),
  }
}
