import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { mintKey } from '../src/core/key.ts'
import { databaseUrl, question, startGoverned } from './governed.ts'
import { type Asked, askWithKeys } from './key-load.ts'
import { makeKeys } from './key-owners.ts'
import { residentMb, startProgram } from './processes.ts'
import { round } from './statistics.ts'

/*
 * What the gate's memory does under many keys, each used once and of an owner of its own (service accounts, members of the project,
 * members of a group that is in it): those that are there, which it may remember, and those that are
 * not, which anybody can make up.
 *   node bench/keys.ts [--warm 200000] [--unknown 1000000]
 * It takes some minutes: each key costs a look-up, and made-up ones are minted with a right checksum, or none would be asked for.
 */
const option = (name: string, preset: number) => {
  const i = process.argv.indexOf(`--${name}`)
  return i < 0 ? preset : Number(process.argv[i + 1])
}
const warm = option('warm', 200_000)
const unknown = option('unknown', 1_000_000)
/** Keys that are asked with at a time, so that the list of them is no matter. */
const BATCH = 20_000
/** What was needed for a moment is given back within this; the least of what is seen meanwhile counts. */
const SETTLE_MS = 20_000
/** How often the heap is looked at while keys are asked with. */
const LOOK_MS = 1000

const say = (text: string) => void process.stdout.write(`${text}\n`)
const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'))
try {
  await using upstream = await startProgram('upstream.ts')
  await using governed = await startGoverned({ folder, upstreamUrl: upstream.url })
  const { server, key } = governed
  const models = { url: `${server.url}/v1/models`, body: null, status: 200 }
  const chat = { url: `${server.url}/v1/chat/completions`, body: question, status: 200 }
  // What the first requests load is there before anything is compared.
  for (const asked of [models, chat]) await askWithKeys(asked, Array<string>(20_000).fill(key))
  const idle = await settled(server.pid)
  const values = await makeKeys(databaseUrl(folder), key, warm)
  await askInTurn(models, values)
  const full = await settled(server.pid)
  const grew = (from: number, to: number) => `resident memory grew by ${round(to - from)} MB, to ${round(to)}`
  say(`${warm} distinct keys, each used once (target 150 MB): ${grew(idle, full)}`)
  const begun = performance.now()
  const heap: number[] = []
  const look = async () => void heap.push(Number(await metric(server.url, 'nodejs_heap_size_used_bytes')))
  const looking = setInterval(() => void look(), LOOK_MS)
  await askInTurn(chat, values)
  clearInterval(looking)
  const seconds = Math.round((performance.now() - begun) / 1000)
  const waits = await metric(server.url, 'gatehouse_usage_buffered')
  const lost = await metric(server.url, 'gatehouse_usage_entries_dropped_total')
  const metered = await settled(server.pid)
  const file = round((await stat(join(folder, 'gateway.db'))).size / 1e6)
  say(
    `the same keys, each with a metered chat, within ${seconds} s (target 150 MB, 0 lost): ${grew(full, metered)}; ${lost} entries of usage lost`,
  )
  say(
    `  ${waits} rows of usage waited at the end, ${await metric(server.url, 'gatehouse_usage_buffered')} twenty seconds later, and the file has ${file} MB`,
  )
  await look()
  const [least, most] = [Math.min(...heap), Math.max(...heap)].map((bytes) => round(bytes / 1e6))
  say(
    `  V8's heap had ${least} MB in use at the least meanwhile, ${most} at the most, ${round((heap.at(-1) ?? 0) / 1e6)} twenty seconds later`,
  )
  for (let i = 0; i < unknown; i += BATCH) {
    const made = Array.from({ length: Math.min(BATCH, unknown - i) }, () => mintKey('service_account').value)
    await askWithKeys({ ...models, status: 401 }, made)
  }
  say(`${unknown} unknown keys after them: ${grew(metered, await settled(server.pid))}`)
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
}

async function askInTurn(asked: Asked, keys: readonly string[]) {
  for (let i = 0; i < keys.length; i += BATCH) await askWithKeys(asked, keys.slice(i, i + BATCH))
}

async function metric(url: string, name: string): Promise<string> {
  const text = await (await fetch(`${url}/metrics`)).text()
  return new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1] ?? '0'
}

async function settled(pid: number): Promise<number> {
  let least = Number.POSITIVE_INFINITY
  for (const end = performance.now() + SETTLE_MS; performance.now() < end; ) {
    await sleep(500)
    least = Math.min(least, await residentMb(pid))
  }
  return least
}
