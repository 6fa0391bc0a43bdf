import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type OwnRedis, startRedis, withoutRedis } from '../test/support/redis.ts'
import { startGoverned } from './governed.ts'
import { chatTo, type Measured, measured, type Target, WARM, warm } from './measure.ts'
import { startProgram } from './processes.ts'
import { medianOf, round, spread } from './statistics.ts'

/*
 * What counting in Redis costs the gate: the same gate with its counters there and in its own memory, every rule set, in front of one
 * model server, measured in turn; and how often Redis is asked, by its own account.
 *   node bench/redis.ts
 */
const ROUNDS = 41
const CONNECTIONS = 32
const BUSY_MS = 500

const print = (line: string) => process.stdout.write(`${line}\n`)
if (withoutRedis) throw new Error(withoutRedis)
const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'))
try {
  await using stack = new AsyncDisposableStack()
  const upstream = stack.use(await startProgram('upstream.ts'))
  const redis = stack.use(await startRedis())
  const start = async (name: string, env: Record<string, string>) => {
    const own = join(folder, name)
    await mkdir(own)
    return stack.use(await startGoverned({ folder: own, upstreamUrl: upstream.url, env }))
  }
  const memory = await start('memory', {})
  const far = await start('redis', { GATEHOUSE_REDIS_URL: redis.url })
  const ask = ({ server, key }: Target) =>
    measured(server, { ...chatTo({ server, key }), connections: CONNECTIONS, ms: BUSY_MS })
  for (const gate of [memory, far]) await warm(WARM, () => ask(gate))
  const rounds: Round[] = []
  const askFar = async () => {
    const before = used(redis)
    const result = await ask(far)
    const after = used(redis)
    const each = (value: (one: Used) => number) => (value(after) - value(before)) / result.requests
    return { far: result, scripts: each(({ scripts }) => scripts), redisUs: each(({ us }) => us) }
  }
  for (let i = 0; i < ROUNDS; i++) {
    // Each comes first as often as the other: what else the machine does changes slowly.
    const first = i % 2 === 0 ? await ask(memory) : null
    const there = await askFar()
    rounds.push({ ...there, near: first ?? (await ask(memory)) })
  }
  report(rounds)
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
}

type Round = { near: Measured; far: Measured; scripts: number; redisUs: number }

function report(rounds: readonly Round[]): void {
  const middle = (value: (one: Round) => number) => round(medianOf(rounds, value), 1)
  const where = `at ${CONNECTIONS} calls in flight`
  print(
    `processor time of the gate for each call ${where}: ${middle(({ far }) => far.processorUs)} us with counters in Redis, ${middle(({ near }) => near.processorUs)} us in its own memory`,
  )
  print(
    `added by Redis for each call (target 25 us): ${spread(rounds, ({ near, far }) => far.processorUs - near.processorUs)} us`,
  )
  print(`Redis / own memory: ${spread(rounds, ({ near, far }) => far.processorUs / near.processorUs)}`)
  print(`round trips for each call (target at most 1): ${spread(rounds, ({ scripts }) => scripts)}`)
  print(`processor time of Redis itself for each call: ${middle(({ redisUs }) => redisUs)} us`)
  print(
    `throughput: ${middle(({ far }) => far.perSecond)} calls/s with Redis, ${middle(({ near }) => near.perSecond)}/s in its own memory`,
  )
}

/** How many scripts it was asked for, and the microseconds of processor time that it has used. */
type Used = { scripts: number; us: number }

function used(redis: OwnRedis): Used {
  const found = (info: string, what: RegExp) => Number(what.exec(info)?.[1] ?? 0)
  const [commands, cpu] = [redis.cli('info', 'commandstats'), redis.cli('info', 'cpu')]
  const scripts = found(commands, /_evalsha:calls=(\d+)/) + found(commands, /_eval:calls=(\d+)/)
  return { scripts, us: 1e6 * (found(cpu, /used_cpu_sys:([\d.]+)/) + found(cpu, /used_cpu_user:([\d.]+)/)) }
}
