import { randomBytes } from 'node:crypto'
import type { Config } from '../config/settings.ts'
import { unavailable } from '../contract/error.ts'
import type { ListState } from '../core/model-list.ts'
import { youngest } from '../gateway/keys/youngest.ts'
import type { ThreadStart } from '../thread/start.ts'
import type { Thread } from '../thread/thread.ts'
import type { Brought, Question } from '../thread/words.ts'
import { connectionsOf } from './connections.ts'
import { openLines } from './lines.ts'
import { listenForThreads } from './local-server.ts'
import type { Machine } from './open.ts'
import { claimPort } from './port.ts'
import { type Heard, type ReplacedWorkers, RunningThread } from './running-thread.ts'
import { Supervisor } from './supervisor.ts'
import type { Tools } from './tools.ts'

/** Milliseconds that a thread has besides those of its calls: to count and settle them, and to hand over what they used. */
const ENDING_MS = 10_000

/**
 * Several threads that share a port, seen as one. The machine's own has no listener: it answers through theirs.
 * @param aheadSeconds see `ReplacedTools`
 */
export async function openThreads(
  config: Config,
  tools: Tools,
  machine: Machine,
  replaced: ReplacedWorkers & { aheadSeconds?: Int32Array },
): Promise<Thread> {
  const { log, metrics, logLevel, writeLog } = tools
  const { availability, pooled } = machine
  const rest = new AsyncDisposableStack()
  const lines = rest.use(await openLines(config, machine, tools.now))
  let supervisor: Supervisor | null = null
  let url = ''
  const askAll = async <Q extends Question>(question: Q, ...brought: Brought<Q>) =>
    (await supervisor?.askAll(question, ...brought)) ?? []
  return {
    url: () => url,
    models: async () => someOf(await askAll('models')),
    // What they count they count in common.
    levels: async (asked) => someOf(await askAll('levels', asked)),
    modelLists: async () => worst(await askAll('modelLists')),
    async look() {
      if (machine.redis !== null) await askAll('look')
    },
    inFlight: async () => (await askAll('inFlight')).reduce((sum, count) => sum + count, 0),
    async listen(doors) {
      rest.use(doors)
      const local = rest.use(await listenForThreads(doors)).line
      const { port } = rest.use(await claimPort(config.host, config.port))
      const common = {
        ...{ config: { ...config, port }, logLevel, aheadSeconds: replaced.aheadSeconds ?? null, machine: local },
        port: { ticketKeys: randomBytes(48) },
        database: { flag: availability.flag, connections: connectionsOf(config).ofThread, pooled },
      }
      const heard: Omit<Heard, 'redis' | 'whoKnows'> = {
        log: writeLog,
        doubt: () => availability.doubt(),
        counted: (counted) => metrics.add(counted),
      }
      const there = machine.redis?.there
      const start = (index: number) => {
        const given = lines.open()
        const workerData: ThreadStart = { index, ...common, lines: given.lines }
        const redis: Heard['redis'] = (isThere, err) => there?.say(index, isThere, err)
        const whoKnows: Heard['whoKnows'] = async (hashes) =>
          youngest((await supervisor?.askOthers(index, 'known', hashes)) ?? [])
        return new RunningThread(workerData, given.transferList, { ...heard, redis, whoKnows }, replaced)
      }
      const parts = { log, metrics, start, threads: config.workers, repair: lines.repair }
      supervisor = rest.use(new Supervisor({ ...parts, patienceMs: config.drainMs + ENDING_MS }))
      metrics.alsoOf(() => askAll('reported'))
      url = await supervisor.start()
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}

/** What one of them has answered. */
function someOf<T>([first]: readonly T[]): T {
  if (first === undefined) throw unavailable('No thread that serves answers. Please try again shortly.')
  return first
}

const order: ListState['state'][] = ['read', 'not_asked', 'read_earlier', 'unread']
const rank = ({ state }: ListState) => order.indexOf(state)

/** Of each list how it stands where it stands worst. */
function worst(all: readonly Record<string, ListState>[]): Record<string, ListState> {
  const lists: Record<string, ListState> = {}
  for (const [name, state] of all.flatMap(Object.entries<ListState>)) {
    const known = lists[name]
    if (known === undefined || rank(state) > rank(known)) lists[name] = state
  }
  return lists
}
