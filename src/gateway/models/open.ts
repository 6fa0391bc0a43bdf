import type { Config } from '../../config/settings.ts'
import type { NewId } from '../../core/id.ts'
import type { Log } from '../../core/log.ts'
import type { Metrics } from '../../core/metrics.ts'
import { offersOf } from '../kinds/offers.ts'
import type { Upstream } from '../upstreams/forwarding.ts'
import { Upstreams, type UpstreamWatch } from '../upstreams/upstreams.ts'
import { ModelCatalogue } from './model-catalogue.ts'
import { openUpstreams } from './open-upstreams.ts'

type Parts = { newId: NewId; now: () => number; log: Log; metrics: Metrics }

export type ModelServers = AsyncDisposable & { upstreams: Upstreams; catalogue: ModelCatalogue }

/**
 * The upstreams of the configuration, and the catalogue of what they offer.
 * @param own what the gate serves itself, besides
 * @param given in place of the configured ones; for tests
 */
export async function openModelServers(
  config: Pick<Config, 'upstreams' | 'models'>,
  { newId, now, log, metrics }: Parts,
  own: ReadonlyMap<string, Upstream>,
  given?: ReadonlyMap<string, Upstream>,
): Promise<ModelServers> {
  if (config.upstreams.size === 0 && !given) {
    log.warn(
      {},
      "no GATEHOUSE_UPSTREAM_URL is set: the gateway answers with its built-in model 'echo', which repeats what it is told",
    )
  }
  // What is under way when all this is closed fails for that reason, which says nothing of the model server.
  let closing = false
  const complain = (upstream: string, err: unknown, message: string) => {
    if (!closing) log.warn({ upstream, err }, message)
  }
  const watch: UpstreamWatch = {
    failed: (upstream, reason) => metrics.count('gatehouse_upstream_failures_total', { upstream, reason }),
    down: (upstream, err) => complain(upstream, err, 'the model server cannot be reached; calls go around it'),
    up: (upstream) => log.info({ upstream }, 'the model server can be reached again'),
    usageUnknown: (upstream) =>
      complain(
        upstream,
        undefined,
        'the model server does not know stream_options: tokens of its streams are counted here',
      ),
  }
  const upstreams = new Upstreams(given ?? (await openUpstreams(config.upstreams, newId, now)), { watch, own })
  const unread = (upstream: string, err: unknown, listed: boolean) =>
    complain(
      upstream,
      err,
      listed
        ? 'the model server does not list its models now; what it said last stays true'
        : 'no list of models could be read from the model server: any name may be asked of it, with the limits of *default',
    )
  const inBatches = offersOf(config.upstreams).get('batches')
  const catalogue = new ModelCatalogue(config.models, upstreams.sources(), unread, inBatches)
  return {
    upstreams,
    catalogue,
    async [Symbol.asyncDispose]() {
      closing = true
      catalogue.close()
      await upstreams.close()
    },
  }
}
