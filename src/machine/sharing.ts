import { once } from 'node:events'
import { createServer } from 'node:net'
import type { Config } from '../config/settings.ts'
import type { Log } from '../core/log.ts'

/** The configuration as it can be served, and how many threads were asked for. */
export type ServedConfig = Config & { workersAsked: number }

/** What tests put in place of the real thing. */
export type ReplacedSharing = {
  /** Whether the system lets several threads listen on one port. */
  canShare?: () => Promise<boolean>
}

/**
 * Where the system does not let threads share a port, one serves. A connection cannot be handed to another thread, so the main thread
 * would have to copy all that goes over it: then every byte of all calls passes the one thread that must not be held up.
 */
export async function servedConfig(
  config: Config,
  log: Pick<Log, 'warn'>,
  { canShare = canSharePorts }: ReplacedSharing,
): Promise<ServedConfig> {
  const { workers } = config
  if (workers === 1 || (await canShare())) return { ...config, workersAsked: workers }
  log.warn({ asked: workers }, 'threads cannot share a port on this system: one serves')
  return { ...config, workers: 1, workersAsked: workers }
}

/** Node and its system say so themselves: macOS and Windows do not. */
async function canSharePorts(): Promise<boolean> {
  const server = createServer()
  try {
    server.listen({ port: 0, host: 'localhost', reusePort: true })
    await once(server, 'listening')
    server.close()
    return true
  } catch (error) {
    // Whatever else there is, the listener will say of itself.
    return (error as NodeJS.ErrnoException).code !== 'ENOTSUP'
  }
}
