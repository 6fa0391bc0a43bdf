import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisConfig } from '../config/redis.ts'
import { openClient } from './client.ts'
import type { Line, LineLog } from './line.ts'

/** What is sent to Redis. */
export interface Redis extends AsyncDisposable {
  /** Keys of a script are all in one slot there. */
  readonly isCluster: boolean
  /** How many connections it has had; to a Cluster, all together are one. */
  readonly connections: number
  /**
   * Sends one command, once: whether one that failed was carried out is not known.
   * @param key that says where it belongs in a Cluster
   * @throws Error where Redis is not connected, does not answer in time, or says no
   */
  send: (key: string, command: readonly string[]) => Promise<unknown>
}

export type RedisOptions = {
  config: RedisConfig
  log: LineLog
  /** Milliseconds that an answer may take. */
  timeoutMs?: number
  /** Done with each connection before it counts as one. The pauses between those with which it fails grow. */
  connected?: (line: Line) => Promise<void>
  /** Told of each that did not come about, or was lost. */
  lost?: (failure: unknown) => void
}

const TIMEOUT_MS = 1000
const RECONNECT_MS = 200
const LONGEST_MS = 5000
/** How long a start waits for the first connection; without one it goes on, as in an outage. */
const FIRST_MS = 2000

/** Keeps one connection to Redis, or to its Cluster, and makes another one whenever it is lost; it never gives up. */
export async function openRedis({ config, log, timeoutMs = TIMEOUT_MS, ...told }: RedisOptions): Promise<Redis> {
  const stop = new AbortController()
  let line: Line | null = null
  let isLost = false
  let connections = 0
  let failure: unknown
  /** Connections in a row that stood and were of no use. */
  let useless = 0
  const first = Promise.withResolvers<void>()
  const connecting = keep()

  async function keep(): Promise<void> {
    for (let attempt = 0; !stop.signal.aborted; attempt++) {
      try {
        const made = await openClient(config, timeoutMs, attempt)
        line = made
        connections++
        useless++
        await told.connected?.(made)
        useless = 0
        if (isLost) log.info('Redis is connected again')
        isLost = false
        first.resolve()
        await Promise.race([made.over, aborted])
        failure = made.failure
      } catch (error) {
        failure = error
      }
      line?.destroy()
      line = null
      if (stop.signal.aborted) return
      if (!isLost) log.warn({ err: failure }, 'Redis is not connected; it is tried until it is')
      isLost = true
      told.lost?.(failure)
      await pause(Math.min(RECONNECT_MS * 2 ** useless, LONGEST_MS), stop.signal)
    }
  }

  const aborted = new Promise<void>((resolve) => stop.signal.addEventListener('abort', () => resolve(), { once: true }))
  await Promise.race([first.promise, pause(FIRST_MS, stop.signal)])
  return {
    isCluster: config.isCluster,
    get connections() {
      return connections
    },
    async send(key, command) {
      if (line === null) throw new Error('Redis is not connected', { cause: failure })
      return answered(line, line.send(key, command), timeoutMs)
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      await connecting
    },
  }
}

/** Slow is down: a connection on which an answer does not come in time is not waited for, nor used any more. */
function answered(line: Line, answer: Promise<unknown>, timeoutMs: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const late = () => {
      reject(new Error(`Redis did not answer within ${timeoutMs} ms`))
      line.doubt()
    }
    let looking: NodeJS.Immediate | undefined
    // Where this process itself was held up, the answer may be there and unread: it is looked for once more.
    const timer = setTimeout(() => {
      looking = setImmediate(late)
    }, timeoutMs)
    answer.then(
      (value) => {
        clearTimeout(timer)
        clearImmediate(looking)
        resolve(value)
      },
      (error) => {
        clearTimeout(timer)
        clearImmediate(looking)
        if (/^(READONLY|LOADING|MASTERDOWN)/.test(String((error as Error | undefined)?.message))) line.doubt()
        reject(error)
      },
    )
  })
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal, ref: false }).catch(() => {})
}
