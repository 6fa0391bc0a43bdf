import { BUILT_IN_UPSTREAM, type Catalogue } from '../core/catalogue.ts'

/** One model server of several. */
export type UpstreamConfig = {
  /** Without a slash at its end. */
  url: string
  key: string | null
  /** Milliseconds until a reply must begin; null: the gateway's own. */
  timeoutMs: number | null
  /** Its share of the calls, against the weights of the others that serve the same model. */
  weight: number
}

export type UpstreamConfigs = ReadonlyMap<string, UpstreamConfig>

/** What settings say of the one upstream of a small install. Null: not given, or no value that could be used. */
export type SmallInstall = { url: string | null; key: string | null; urlGiven: boolean }

/** The name of an upstream that has none, because settings name it. */
const UNNAMED = 'default'

/** Where a model is served that names no upstreams: everywhere. */
export const everywhere = (upstreams: readonly string[]) => (upstreams.length > 0 ? upstreams : [BUILT_IN_UPSTREAM])

/** The upstreams of the file, or the one of the settings; and the models with the names of those that serve them. */
export function chooseUpstreams(
  file: { upstreams: UpstreamConfigs; models: Catalogue },
  { url, key, urlGiven }: SmallInstall,
  mistakes: string[],
): { upstreams: UpstreamConfigs; models: Catalogue } {
  const [only, ...others] = file.upstreams
  if (url !== null && only) mistakes.push('GATEHOUSE_UPSTREAM_URL: the configuration file names an upstream already')
  if (key !== null && !urlGiven && !only)
    mistakes.push('GATEHOUSE_UPSTREAM_KEY: there is no GATEHOUSE_UPSTREAM_URL that it could be for')
  if (key !== null && others.length > 0)
    mistakes.push('GATEHOUSE_UPSTREAM_KEY: the configuration file names several upstreams; there each has its own key')
  if (only) {
    const [name, one] = only
    const upstreams = key === null || others.length > 0 ? file.upstreams : new Map([[name, { ...one, key }]])
    return { upstreams, models: file.models }
  }
  if (url === null) return { upstreams: new Map(), models: file.models }
  const models = [...file.models].map(([id, model]) => [id, { ...model, upstreams: [UNNAMED] }] as const)
  return {
    upstreams: new Map([[UNNAMED, { url, key, timeoutMs: null, weight: 1 }]]),
    models: new Map(models),
  }
}
