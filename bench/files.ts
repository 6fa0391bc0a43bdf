import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parseArgs } from 'node:util'
import { type Account, startAccount } from '../test/gateway/account/account.ts'
import { generated } from '../test/gateway/account/content.ts'
import { head, projectAt, tail } from '../test/gateway/owned/forms.ts'
import { envOf } from '../test/gateway/owned/shared.ts'
import { startBucket } from '../test/support/bucket/bucket.ts'
import { growth } from './growth.ts'
import { ADMIN_KEY, startGatehouse } from './processes.ts'
import { round } from './statistics.ts'

const MB = 1_048_576
const LARGE = 512 * MB
const AT_ONCE = 50
const OF_MANY = 64 * MB
const OWN = 20_000
const NOBODYS = 100_000
const PAGE = 20

const say = (line: string) => void process.stdout.write(`${line}\n`)

function* form(bytes: number): Generator<Buffer> {
  yield Buffer.from(head)
  yield* generated(bytes, 7)
  yield Buffer.from(tail)
}

async function up(url: string, key: string, bytes: number): Promise<{ status: number; id: string }> {
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'multipart/form-data; boundary=b' }
  const reply = await fetch(`${url}/v1/files`, {
    method: 'POST',
    headers,
    body: ReadableStream.from(form(bytes)),
    duplex: 'half',
  })
  return { status: reply.status, id: ((await reply.json()) as { id: string }).id }
}

async function down(url: string, key: string, id: string): Promise<number> {
  let bytes = 0
  const reply = await fetch(`${url}/v1/files/${id}/content`, { headers: { authorization: `Bearer ${key}` } })
  for await (const chunk of reply.body ?? []) bytes += chunk.length
  return bytes
}

async function carrying(env: Record<string, string>, databaseUrl: string): Promise<void> {
  await using server = await startGatehouse({ ...env, GATEHOUSE_DATABASE_URL: databaseUrl })
  const { key } = await projectAt(server.url, ADMIN_KEY)
  await up(server.url, key, MB)
  let id = ''
  const upwards = await growth(server.pid, async () => {
    id = (await up(server.url, key, LARGE)).id
  })
  const downwards = await growth(server.pid, async () => {
    const bytes = await down(server.url, key, id)
    if (bytes !== LARGE) throw new Error(`${bytes} bytes came down`)
  })
  say(
    `a file of 512 MB: the server grows by ${round(upwards, 1)} MB while it goes up, by ${round(downwards, 1)} MB while it comes down (target 64)`,
  )
  const statuses: Record<number, number> = {}
  const many = await growth(server.pid, async () => {
    const all = Array.from({ length: AT_ONCE }, () => up(server.url, key, OF_MANY))
    for (const { status } of await Promise.all(all)) statuses[status] = (statuses[status] ?? 0) + 1
  })
  say(`${AT_ONCE} of 64 MB at once: ${round(many, 1)} MB, ${JSON.stringify(statuses)}`)
}

async function listing(account: Account, file: string): Promise<void> {
  const env = { ...envOf(account), GATEHOUSE_DATABASE_URL: `sqlite:${file}` }
  const own = await (async () => {
    await using server = await startGatehouse(env)
    return await projectAt(server.url, ADMIN_KEY)
  })()
  const db = new DatabaseSync(file)
  const insert = db.prepare(
    `insert into owned (kind, id, organization_id, project_id, upstream, expires_at, made_at, label)
     select 'file', ?, organization_id, id, 'default', 253402300799, ?, 'user_data' from project where id = ?`,
  )
  db.exec('begin')
  for (const [i, id] of account.fill({ files: OWN }).files.entries()) insert.run(id, i + 1, own.id)
  db.exec('commit')
  db.close()
  account.fill({ files: NOBODYS })
  await using server = await startGatehouse(env)
  const list = async (query: string) => {
    const before = account.requests.length
    const begun = performance.now()
    const reply = await fetch(`${server.url}/v1/files?limit=${PAGE}${query}`, {
      headers: { authorization: `Bearer ${own.key}` },
    })
    const page = (await reply.json()) as { data: { id: string }[]; last_id: string; has_more: boolean }
    return { page, reads: account.requests.length - before, ms: performance.now() - begun }
  }
  let after = ''
  for (let number = 1; number <= OWN / PAGE; number++) {
    const { page, reads, ms } = await list(after)
    after = `&after=${page.last_id}`
    if (number === 1 || number === OWN / PAGE)
      say(
        `page ${number} of ${OWN} of one's own files beside ${NOBODYS} of nobody: ${page.data.length} files, ${reads} reads of the model server (target ${PAGE}), ${round(ms, 1)} ms`,
      )
  }
}

const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-files-'))
try {
  const { values: own } = parseArgs({ options: { folder: { type: 'boolean' }, bucket: { type: 'boolean' } } })
  const database = `sqlite:${join(folder, 'carrying.db')}`
  const none = { GATEHOUSE_UPSTREAM_URL: 'http://127.0.0.1:9/v1' }
  if (own.bucket) {
    await using bucket = await startBucket()
    await carrying({ ...none, ...bucket.env, GATEHOUSE_FILES: bucket.place }, database)
  } else if (own.folder) await carrying({ ...none, GATEHOUSE_FILES: join(folder, 'kept') }, database)
  else {
    await using account = await startAccount()
    await carrying(envOf(account), database)
    await listing(account, join(folder, 'listing.db'))
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
