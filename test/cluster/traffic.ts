import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../process/gatehouse.ts'
import { givenTime } from '../support/given-time.ts'
import { ADMIN_KEY, ask, CHAT, chat, type Node } from './cluster.ts'

/** One call of the traffic, as its client saw it. Times are on the clock of `givenTime`. */
export type Made = {
  kind: 'chat' | 'write'
  node: number
  at: number
  ms: number
  status: number | 'cut' | 'late'
  text: string
}

/** How long a call may take at most, whatever is away: the longest time-out of a dependency, and what surrounds it. */
export const LONGEST_MS = 15_000
/** How long service may take to come back. */
export const BACK_MS = 5000

const PAUSE_MS = 10

/**
 * Clients that never stop asking: two at each node that call a model, and one that makes projects. They keep books of what
 * they were told.
 */
export class Traffic implements AsyncDisposable {
  readonly made: Made[] = []
  /** Names of the projects whose creation was acknowledged. */
  readonly acknowledged: string[] = []
  readonly #nodes: readonly Node[]
  readonly #clients: Promise<void>[]
  #stopped = false

  constructor(nodes: readonly Node[], key: string) {
    this.#nodes = nodes
    this.#clients = nodes.flatMap((_, node) => [
      this.#callModels(node, key),
      this.#callModels(node, key),
      this.#makeProjects(node),
    ])
  }

  /** Waits for so many more calls of each kind at each node that succeed. */
  async succeed(count: number, nodes = this.#nodes.map((_, node) => node)): Promise<void> {
    const from = this.made.length
    const enough = () =>
      nodes.every((node) =>
        (['chat', 'write'] as const).every(
          (kind) =>
            this.made.slice(from).filter((one) => one.node === node && one.kind === kind && one.status === 200)
              .length >= count,
        ),
      )
    await until(enough, `${count} calls of each kind that succeed`, 60_000)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await Promise.all(this.#clients)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #callModels(node: number, key: string): Promise<void> {
    while (!this.#stopped) {
      await this.#make('chat', node, CHAT, chat(key))
      await sleep(PAUSE_MS)
    }
  }

  async #makeProjects(node: number): Promise<void> {
    for (let i = 0; !this.#stopped; i++) {
      const name = `made ${node} ${i}`
      const made = await this.#make('write', node, '/v1/organization/projects', { key: ADMIN_KEY, body: { name } })
      if (made.status === 200) this.acknowledged.push(name)
      await sleep(PAUSE_MS * 5)
    }
  }

  async #make(kind: Made['kind'], node: number, path: string, asked: { key: string; body: unknown }): Promise<Made> {
    const at = givenTime()
    const { status, text } = await ask(this.#nodes[node] ?? assert.fail(), path, asked)
    const made = { kind, node, at, ms: givenTime() - at, status, text: status === 200 ? '' : text }
    this.made.push(made)
    return made
  }
}

/** How many calls ended how: `{ '200': 310, '503': 12 }`. */
export function statuses(made: readonly Made[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { status } of made) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

/** Until what comes after service has to be back was seen too; then nobody asks any more. @param back see `heldThrough` */
export async function seenThrough(traffic: Traffic, back: number): Promise<string> {
  await until(() => givenTime() > back + BACK_MS + 1000, 'what comes after five seconds is seen')
  await traffic.stop()
  return heldThrough(traffic, back)
}

/**
 * What holds whatever is away: no call is refused as if its key or its limits were the cause, none lasts beyond its time-out, and what
 * began five seconds after everything was back succeeds.
 * @param back when everything was there again
 * @returns figures to print
 */
export function heldThrough(traffic: Traffic, back: number): string {
  const { made } = traffic
  const blamed = made.filter(({ status }) => status === 401 || status === 403 || status === 429)
  assert.deepEqual(blamed, [], 'an outage is nobody’s fault')
  const longest = Math.max(...made.map(({ ms }) => ms))
  assert.ok(longest < LONGEST_MS, `a call took ${longest} ms`)
  const failed = made.filter(({ at, status }) => at > back && status !== 200)
  const late = failed.filter(({ at }) => at > back + BACK_MS)
  assert.deepEqual(late, [], 'service is back within five seconds')
  const backAfter = failed.length === 0 ? 0 : Math.max(...failed.map(({ at, ms }) => at + ms - back))
  return `${made.length} calls ${JSON.stringify(statuses(made))}, longest ${Math.round(longest)} ms, all well ${Math.round(backAfter)} ms after it was back`
}
