import { BUILT_IN_UPSTREAM } from '../../core/catalogue.ts'
import type { NewId } from '../../core/id.ts'
import type { Upstream } from './forwarding.ts'

/** What the configuration says of one upstream. */
type Configured = { url: string; key: string | null; timeoutMs: number | null; weight: number }

/** The upstreams of a configuration, by name; the built-in model server where it names none. */
export async function openUpstreams(
  configured: ReadonlyMap<string, Configured>,
  newId: NewId,
  now: () => number,
): Promise<ReadonlyMap<string, Upstream>> {
  if (configured.size === 0) {
    const { echoUpstream } = await import('../echo/index.ts')
    return new Map([[BUILT_IN_UPSTREAM, echoUpstream(newId, now)]])
  }
  // Loaded only where there is somebody to talk to: a server that echoes starts without it.
  const { httpUpstream } = await import('./http.ts')
  return new Map(
    [...configured].map(([name, { timeoutMs, ...one }]) => [
      name,
      httpUpstream({ ...one, ...(timeoutMs !== null && { replyTimeoutMs: timeoutMs }) }),
    ]),
  )
}
