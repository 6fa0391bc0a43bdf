import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Governed, startGoverned } from './governed.ts'
import { chatTo, type Measured, measured, WARM, warm } from './measure.ts'
import { applyLoad, residentMb, startProgram } from './processes.ts'
import { medianOf, ratio, round } from './statistics.ts'

/*
 * What more threads cost and bring: the same gate with one, two and four of them (GATEHOUSE_WORKERS), every rule set, in front of one
 * model server, measured in turn. What the machine's processors are shared with is said, since throughput is theirs to give.
 *   node bench/workers.ts
 */
const COUNTS = [1, 2, 4] as const
const ROUNDS = 9
const CONNECTIONS = 32
const BUSY_MS = 700
/** Until what a start leaves behind is collected. */
const IDLE_MS = 3000

const print = (line: string) => process.stdout.write(`${line}\n`)
const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'))
try {
  await using stack = new AsyncDisposableStack()
  const upstream = stack.use(await startProgram('upstream.ts'))
  const gates: { workers: number; governed: Governed }[] = []
  for (const workers of COUNTS) {
    const own = join(folder, String(workers))
    await mkdir(own)
    const env = { GATEHOUSE_WORKERS: String(workers) }
    const governed = stack.use(await startGoverned({ folder: own, upstreamUrl: upstream.url, env }))
    gates.push({ workers, governed })
  }
  await sleep(IDLE_MS)
  const idle = await Promise.all(gates.map(({ governed }) => residentMb(governed.server.pid)))
  const [one = 0, two = 0, four = 0] = idle
  print(`idle memory with 1, 2, 4 workers: ${idle.map((mb) => round(mb)).join(', ')} MB`)
  print(`idle memory for each worker from the second to the fourth (target 40 MB): ${round((four - two) / 2, 1)} MB`)
  print(
    `idle memory of two threads and the one that is the machine, more than of one for all: ${round(two - one, 1)} MB`,
  )

  const loads = gates.map(({ governed }) => ({
    server: governed.server,
    load: { ...chatTo({ server: governed.server, key: governed.key }), connections: CONNECTIONS },
  }))
  for (const { load } of loads) await warm(WARM, () => applyLoad({ ...load, ms: 1000 }))
  const rounds: Measured[][] = []
  for (let i = 0; i < ROUNDS; i++) {
    const round: Measured[] = []
    for (const { server, load } of loads) round.push(await measured(server, { ...load, ms: BUSY_MS }))
    rounds.push(round)
  }
  const at = (place: number) => (measured: Measured[]) => measured[place] as Measured
  for (const [place, target] of [
    [1, '1.05'],
    [2, '1.15'],
  ] as const) {
    const [few, many] = [at(0), at(place)]
    print(
      `processor time per call, ${COUNTS[place]} workers / 1 (target ${target}): ${ratio(rounds, (all) => many(all).processorUs / few(all).processorUs)}`,
    )
    print(
      `throughput, ${COUNTS[place]} workers / 1: ${ratio(rounds, (all) => many(all).perSecond / few(all).perSecond)}, ${round(medianOf(rounds, (all) => many(all).perSecond))}/s`,
    )
  }
  print(
    `the machine has ${availableParallelism()} processors, which the load, the model server and the gate share: throughput cannot grow with workers beyond what the other two leave`,
  )
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
}
