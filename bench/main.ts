import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { benchAdmin } from './admin.ts'
import { benchAgainst, QUICK, WHOLE } from './against.ts'
import { benchGateway, benchStreams, benchUngoverned } from './gateway.ts'
import { databaseUrl, startGoverned } from './governed.ts'
import { benchLarge, benchStops } from './large.ts'
import { startProgram } from './processes.ts'
import { benchExactness, benchRefusals } from './refusals.ts'
import { benchMemory, benchStart } from './start.ts'

/*
 * The benchmarks: loopback only, within some minutes, every server and the load in processes of their own. Ratios compare what
 * was measured in this very run; the absolute numbers say as much about the machine.
 *   node bench/main.ts [--against <another checkout> [--quick]]
 */
const { values } = parseArgs({ options: { against: { type: 'string' }, quick: { type: 'boolean', default: false } } })
if (values.quick && values.against === undefined) throw new Error('--quick goes with --against only.')
const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'))
const print = (line: string) => process.stdout.write(`${line}\n`)
const begun = performance.now()

print(`node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}`)
try {
  const lines =
    values.against === undefined ? benchAll() : benchAgainst(values.against, folder, values.quick ? QUICK : WHOLE)
  for await (const line of lines) print(line)
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
}
print(`took ${Math.round((performance.now() - begun) / 1000)} s`)

async function* benchAll() {
  yield* benchGate()
  yield* await benchAdmin(`sqlite:${join(folder, 'admin.db')}`)
  yield* await benchStart(databaseUrl(folder))
  yield* await benchMemory(databaseUrl(folder))
}

async function* benchGate() {
  await using upstream = await startProgram('upstream.ts')
  await using relay = await startProgram('relay.ts', upstream.url)
  await using governed = await startGoverned({ folder, upstreamUrl: upstream.url })
  const servers = { upstream, relay, governed }
  yield* await benchGateway(servers)
  yield* await benchUngoverned({ folder: await mkdtemp(join(folder, 'ungoverned-')), upstreamUrl: upstream.url }, relay)
  yield* await benchStreams(servers)
  yield* await benchRefusals(relay, governed)
  yield* await benchExactness(governed)
  yield* await benchLarge(relay, governed)
  yield* await benchStops(await mkdtemp(join(folder, 'stops-')), upstream.url)
}
