import type { RedisConfig, RedisNode } from '../config/redis.ts'
import { inTime } from '../db/in-time.ts'
import type { Line } from './line.ts'

/** How often the Sentinels are asked whether the master is still the one. */
const WATCH_MS = 1000
/** A connection on which nothing comes, not even answers to this, is lost: a network may forget one in silence. */
const PING_MS = 1000
const SILENT_MS = 4000

/**
 * Connects to the Redis of a configuration.
 * @param attempt how many came before: where there are several nodes and one is enough, each has its turn
 * @throws what keeps it from being connected
 */
export async function openClient(config: RedisConfig, timeoutMs: number, attempt: number): Promise<Line> {
  // Loaded only where there is a Redis.
  const redis = await import('@redis/client')
  const { username, password, database } = config
  const user = { ...(username !== null && { username }), ...(password !== null && { password }) }
  const secure = config.tls ? { tls: true as const, ...(config.ca !== null && { ca: config.ca }) } : {}
  const common = {
    ...user,
    pingInterval: PING_MS,
    disableOfflineQueue: true,
    maintNotifications: 'disabled' as const,
    clientInfoTag: 'gatehouse',
  }
  const socketOf = ({ host, port }: RedisNode, reconnectStrategy: false | number) => ({
    ...{ host, port, connectTimeout: timeoutMs, socketTimeout: SILENT_MS, reconnectStrategy, ...secure },
  })
  const state = { failure: undefined as unknown }
  const over = Promise.withResolvers<void>()
  const failed = (error: unknown) => {
    state.failure = error
  }

  if (config.isCluster) {
    const cluster = redis.createCluster({
      rootNodes: config.nodes.map((node) => ({ ...common, socket: socketOf(node, 100) })),
      defaults: {
        ...common,
        socket: { connectTimeout: timeoutMs, socketTimeout: SILENT_MS, reconnectStrategy: 100, ...secure },
      },
    })
    cluster.on('error', failed)
    try {
      await inTime(4 * timeoutMs, cluster.connect(), 'Redis')
    } catch (error) {
      cluster.destroy()
      throw error
    }
    return {
      send: (key, command) => cluster.sendCommand(key, false, [...command]),
      subscribe: (channel, hear) => cluster.subscribe(channel, hear),
      over: over.promise,
      get failure() {
        return state.failure
      },
      // Each node of it is connected again by itself.
      doubt: () => {},
      destroy: () => cluster.destroy(),
    }
  }

  const connect = async (node: RedisNode, options: object) => {
    const client = redis.createClient({ ...common, ...options, socket: socketOf(node, false) })
    client.on('error', failed)
    try {
      // A line that is silent says no more to the greeting than to the connection.
      await inTime(2 * timeoutMs, client.connect(), 'Redis')
    } catch (error) {
      if (client.isOpen) client.destroy()
      throw error
    }
    return client
  }
  /** What the first Sentinel that answers says of the master. */
  const master = async (): Promise<RedisNode> => {
    let failure: unknown
    for (const sentinel of config.sentinels) {
      try {
        const client = await connect(sentinel, { username: undefined, password: undefined })
        const asked = client.sendCommand<string[] | null>(['SENTINEL', 'get-master-addr-by-name', config.master ?? ''])
        const reply = await inTime(timeoutMs, asked, 'the Sentinel').finally(() => client.destroy())
        if (reply === null) throw new Error(`the Sentinels know no master '${config.master}'`)
        return { host: reply[0] ?? '', port: Number(reply[1]) }
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }
  const node = config.sentinels.length > 0 ? await master() : config.nodes[attempt % config.nodes.length]
  if (node === undefined) throw new Error('no node')
  const client = await connect(node, { database })
  client.on('end', () => over.resolve())
  client.on('error', () => over.resolve())
  const watch =
    config.sentinels.length === 0
      ? undefined
      : setInterval(() => {
          const isOther = (now: RedisNode) => now.host !== node.host || now.port !== node.port
          master().then((now) => isOther(now) && over.resolve(), failed)
        }, WATCH_MS).unref()
  over.promise.then(() => clearInterval(watch))
  return {
    send: (_, command) => client.sendCommand(command),
    subscribe: (channel, hear) => client.subscribe(channel, hear),
    over: over.promise,
    get failure() {
      return state.failure
    },
    doubt: () => over.resolve(),
    destroy() {
      clearInterval(watch)
      if (client.isOpen) client.destroy()
    },
  }
}
