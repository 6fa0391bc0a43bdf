import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mintKey } from '../src/core/key.ts'
import { openDb } from '../src/db/open.ts'
import { type DatabaseKind, databases } from '../test/support/databases.ts'
import { fill } from '../test/support/filled.ts'
import { FULL_PROJECT, nth } from '../test/support/filling.ts'
import { startPostgres } from '../test/support/postgres.ts'
import { ADMIN_KEY, startGatehouse } from './processes.ts'
import { measures } from './scale-measures.ts'
import { quantile } from './statistics.ts'

/*
 * What others have costs nobody anything: look-ups, pages of lists, cold keys and a report over equally many rows, with many rows
 * of everything against a thousand. Ends with 1 where something costs more than half as much again.
 *   node bench/scale.ts [--rows 1000000] [--databases sqlite,postgres] [--rounds 31]
 * A million rows need 10 GB for each database in the system's temporary folder, and half an hour; 100,000 a few minutes.
 */
const FEW = 1000
const BOUND = 1.5
/** What is above the bound is measured again, so often at most, and the least counts: this machine has other things to do. */
const AGAIN = 3

const option = (name: string, preset: string) => {
  const i = process.argv.indexOf(`--${name}`)
  return i < 0 ? preset : (process.argv[i + 1] ?? preset)
}
const rows = Number(option('rows', '1000000'))
const kinds = databases.filter((kind) => option('databases', databases.join()).split(',').includes(kind))
const rounds = Number(option('rounds', '31'))
/** Most keys that are used cold: two kinds, in each round, and each time that it is measured again. */
const COLD = rounds * (AGAIN + 1)

const say = (text: string) => void process.stdout.write(`${text}\n`)

type Ask = () => Promise<number>
type Filled = AsyncDisposable & { asks: Record<string, Ask> }

let worst = 0
for (const kind of kinds) {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'))
  stack.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  const place = await placeOf(kind, folder, stack)
  const few = stack.use(await serveFilled(await place('few'), FEW))
  const many = stack.use(await serveFilled(await place('many'), rows))
  say(`${kind}: ${rows} rows of each against ${FEW}, the lower quartile of ${rounds} rounds, in ms`)
  for (const [name, ask] of Object.entries(many.asks)) {
    const other = few.asks[name]
    if (other === undefined) throw new Error(`${name} is asked of one server only`)
    const { ratio, line } = await compare(ask, other)
    worst = Math.max(worst, ratio)
    say(`  ${ratio > BOUND ? '!' : ' '} ${name.padEnd(42)} ${line}`)
  }
}
say(`the largest ratio: x${worst.toFixed(2)}, the bound: x${BOUND.toFixed(2)}`)
process.exit(worst > BOUND ? 1 : 0)

/** In turn, so that a slow moment of the machine hits both alike. */
async function compare(many: Ask, few: Ask) {
  let best = { ratio: Number.POSITIVE_INFINITY, line: '' }
  for (let i = 0; i <= AGAIN && best.ratio > BOUND; i++) {
    const times = { many: [] as number[], few: [] as number[] }
    // What a first request sets up is no part of what the others cost.
    for (let round = 0; round < rounds; round++) {
      times.few.push(await few())
      times.many.push(await many())
    }
    const [a, b] = [quantile(times.many, 0.25), quantile(times.few, 0.25)]
    if (a / b < best.ratio)
      best = { ratio: a / b, line: `x${(a / b).toFixed(2)}  ${a.toFixed(2)} against ${b.toFixed(2)}` }
  }
  return best
}

/** Where databases of a kind are made. */
async function placeOf(kind: DatabaseKind, folder: string, stack: AsyncDisposableStack) {
  if (kind === 'sqlite') return async (name: string) => `sqlite:${join(folder, `${name}.db`)}`
  const server = stack.use(await startPostgres())
  return async (name: string) => {
    await server.run(`create database ${name}`)
    return `${server.url}/${name}`
  }
}

/** A server, in a process of its own, whose one organization has that many of everything. */
async function serveFilled(url: string, rows: number): Promise<Filled> {
  const begun = performance.now()
  const env = { GATEHOUSE_DATABASE_URL: url }
  await (await startGatehouse(env))[Symbol.asyncDispose]()
  const { organizationId, ownerId } = await first(url)
  await fill(url, { organizationId, ownerId, rows })
  const cold = {
    accounts: await keysFor(url, organizationId, 'service_account', rows),
    users: await keysFor(url, organizationId, 'user', rows),
  }
  say(`  ${rows} rows filled in ${Math.round((performance.now() - begun) / 1000)} s`)
  const server = await startGatehouse(env)
  const timed = async (path: string, key: string, status = 200) => {
    const start = performance.now()
    const reply = await fetch(`${server.url}/v1/${path}`, { headers: { authorization: `Bearer ${key}` } })
    const text = await reply.text()
    if (reply.status !== status) throw new Error(`${reply.status} for ${path}: ${text}`)
    return performance.now() - start
  }
  const next = (keys: string[]) => keys.pop() ?? ''
  const administration = Object.entries(measures(rows)).map(([name, path]): [string, Ask] => [
    name,
    () => timed(path, ADMIN_KEY),
  ])
  const asks: Record<string, Ask> = {
    ...Object.fromEntries(administration),
    'cold key of a service account': () => timed('models', next(cold.accounts)),
    'cold key of somebody in a group': () => timed('models', next(cold.users)),
    'unknown key': () => timed('models', mintKey('service_account').value, 401),
  }
  return { asks, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() }
}

async function first(url: string) {
  const db = await openDb(url, { connections: 1 })
  const { id: organizationId } = await db.selectFrom('organization').select('id').executeTakeFirstOrThrow()
  const { id: ownerId } = await db.selectFrom('organization_user').select('id').executeTakeFirstOrThrow()
  await db.destroy()
  return { organizationId, ownerId }
}

/** Keys of different people, and of different accounts, right in the database. */
async function keysFor(url: string, organization_id: string, kind: 'user' | 'service_account', rows: number) {
  const db = await openDb(url, { connections: 1 })
  const values: string[] = []
  for (let i = 1; i <= COLD; i++) {
    const { value, hash, redacted } = mintKey(kind)
    const whose = rows - (i % (FEW - 1))
    const [user_id, service_account_id] =
      kind === 'user' ? [nth('user-', rows + whose), null] : [null, nth('svc_acct_', whose)]
    const key = {
      id: `key_${kind === 'user' ? 'y' : 'x'}${String(i).padStart(23, '0')}`,
      name: 'cold',
      hash,
      redacted_value: redacted,
    }
    const never = { scopes: '[]', created_at: 1, expires_at: null, last_used_at: null }
    const owner = {
      organization_id,
      project_id: FULL_PROJECT,
      user_id,
      service_account_id,
      owner_standing: 'own' as const,
    }
    await db
      .insertInto('project_api_key')
      .values({ ...key, ...never, ...owner })
      .execute()
    values.push(value)
  }
  await db.destroy()
  return values
}
