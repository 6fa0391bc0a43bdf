import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import OpenAI, { toFile } from 'openai'
import { startAccount } from '../test/gateway/account/account.ts'
import { projectAt } from '../test/gateway/owned/forms.ts'
import { growth } from './growth.ts'
import type { Measured } from './load.ts'
import { ADMIN_KEY, applyLoad, startGatehouse, startProgram } from './processes.ts'
import { round } from './statistics.ts'

const MB = 1_048_576
const LINES = 50_000
const ENDPOINT = '/v1/chat/completions'
const CLIENTS = 2
/** Milliseconds of other calls, without batches and beside them. */
const CALLS_MS = 6000

const say = (line: string) => void process.stdout.write(`${line}\n`)

/** A file of so many lines, each with so many characters for the model. */
function fileOf(characters: number): Buffer {
  const line = (i: number) => {
    const messages = [{ role: 'user', content: `${i} `.padEnd(characters, 'of the words that a model is told ') }]
    return `${JSON.stringify({ custom_id: `line-${i}`, method: 'POST', url: ENDPOINT, body: { model: 'm1', messages } })}\n`
  }
  return Buffer.from(Array.from({ length: LINES }, (_, i) => line(i)).join(''))
}

const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-batches-'))
try {
  await using account = await startAccount({ keptBytes: 300 * MB })
  // Other calls go to another model server: what this process has to do for the account is not what they wait for.
  await using plain = await startProgram('upstream.ts')
  const config = join(folder, 'config.yaml')
  const upstreams = {
    account: { url: account.url, key: account.key, offers: ['files', 'batches'] },
    plain: { url: `${plain.url}/v1` },
  }
  const models = { m1: { upstreams: ['account'] }, bench: { upstreams: ['plain'] } }
  await writeFile(config, JSON.stringify({ upstreams, models }))
  await using server = await startGatehouse({
    GATEHOUSE_CONFIG: config,
    GATEHOUSE_DATABASE_URL: `sqlite:${join(folder, 'batches.db')}`,
  })
  const { key } = await projectAt(server.url, ADMIN_KEY)
  const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: key })
  let made = 0
  const upload = async (content: Buffer) =>
    (await client.files.create({ file: await toFile(content, 'in.jsonl'), purpose: 'batch' })).id
  const judge = async (input_file_id: string) => {
    const asked = { input_file_id, endpoint: ENDPOINT, completion_window: '24h' } as const
    const begun = performance.now()
    const { id } = await client.batches.create(asked)
    made++
    while (account.batches.size < made) await sleep(1)
    const ms = performance.now() - begun
    const { errors } = await client.batches.retrieve(id)
    if (errors) throw new Error(JSON.stringify(errors))
    return ms
  }
  // Once before anything is measured: what is loaded and compiled is then.
  await judge(await upload(fileOf(100)))
  for (const characters of [100, 1000, 3900]) {
    const content = fileOf(characters)
    const file = await upload(content)
    let ms = 0
    const grown = await growth(server.pid, async () => {
      ms = await judge(file)
    })
    say(
      `${LINES} lines, ${round(content.length / MB, 0)} MB: judged and sent ${round(ms / 1000, 1)} s after it was asked for (target 15), the server grows by ${round(grown, 0)} MB (target 100)`,
    )
  }
  const load = {
    ...{ url: server.url + ENDPOINT, method: 'POST', connections: CLIENTS, ms: CALLS_MS },
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'bench', messages: [{ role: 'user', content: 'hello' }] }),
  }
  const told = ({ p50, p99, requests }: Measured) =>
    `p50 ${round(p50, 2)} ms, p99 ${round(p99, 2)} ms of ${requests} calls`
  say(`other calls, ${CLIENTS} at a time: ${told(await applyLoad(load))}`)
  const file = await upload(fileOf(1000))
  let over = false
  const beside = applyLoad(load).finally(() => {
    over = true
  })
  const took: number[] = []
  while (!over) took.push(await judge(file))
  say(
    `the same beside files that are judged, ${took.length} of them, each in ${round(Math.max(...took) / 1000, 1)} s at most: ${told(await beside)} (target: p99 twice as long at most)`,
  )
} finally {
  await rm(folder, { recursive: true, force: true })
}
