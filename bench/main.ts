import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { benchAdmin } from './admin.ts'
import { benchGateway, benchStreams } from './gateway.ts'
import { startGoverned } from './governed.ts'
import { benchLarge } from './large.ts'
import { startProgram } from './processes.ts'
import { benchExactness, benchRefusals } from './refusals.ts'
import { benchMemory, benchStart } from './start.ts'

/*
 * The benchmarks: loopback only, within two minutes, every server and the load in processes of their own. Ratios compare what
 * was measured in this very run; the absolute numbers say as much about the machine.
 */
const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'))
const database = (name: string) => `sqlite:${join(folder, `${name}.db`)}`
const print = (line: string) => process.stdout.write(`${line}\n`)
const begun = performance.now()

print(`node ${process.version}, ${cpus().length} x ${cpus()[0]?.model ?? 'unknown processor'}`)
try {
  await benchGate()
  for (const line of await benchAdmin(database('admin'))) print(line)
  for (const line of await benchStart(database('gateway'))) print(line)
  for (const line of await benchMemory(database('gateway'))) print(line)
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
}
print(`took ${Math.round((performance.now() - begun) / 1000)} s`)

async function benchGate() {
  await using upstream = await startProgram('upstream.ts')
  await using relay = await startProgram('relay.ts', upstream.url)
  await using governed = await startGoverned(database('gateway'), upstream.url, join(folder, 'gatehouse.json'))
  const servers = { upstream, relay, governed }
  for (const line of await benchGateway(servers)) print(line)
  for (const line of await benchStreams(servers)) print(line)
  for (const line of await benchRefusals(governed)) print(line)
  for (const line of await benchExactness(governed)) print(line)
  for (const line of await benchLarge(relay, governed)) print(line)
}
