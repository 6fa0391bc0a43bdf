import type { Config } from '../../config/settings.ts'
import { BUILT_IN_UPSTREAM } from '../../core/catalogue.ts'
import type { NewId } from '../../core/id.ts'
import type { Upstream } from '../upstreams/forwarding.ts'

/** The upstreams of a configuration, by name; the built-in model server where it names none. */
export async function openUpstreams(
  configured: Config['upstreams'],
  newId: NewId,
  now: () => number,
): Promise<ReadonlyMap<string, Upstream>> {
  if (configured.size === 0) {
    const { echoUpstream } = await import('../echo/index.ts')
    return new Map([[BUILT_IN_UPSTREAM, echoUpstream(newId, now)]])
  }
  // Loaded only where there is somebody to talk to: a server that echoes starts without it.
  const { httpUpstream } = await import('../upstreams/http.ts')
  return new Map(
    [...configured].map(([name, { url, key, weight, asksForUsage, timeoutMs }]) => [
      name,
      httpUpstream({ url, key, weight, asksForUsage, ...(timeoutMs !== null && { replyTimeoutMs: timeoutMs }) }),
    ]),
  )
}
