import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CompiledQuery } from 'kysely'
import { run } from '../src/cli/index.ts'
import { openDb } from '../src/db/open.ts'
import { dollars, nanos, sumUsage } from '../src/db/usage.ts'
import { ADMIN_KEY, startGatehouse } from './processes.ts'

/*
 * Reports over many keys: how long until the last byte of one is here, from a server in a process of its own.
 *   node bench/usage.ts [--keys 10000] [--days 31] [--database-url postgres://…]
 * Making the numbers up takes a minute or two; measuring takes seconds.
 */

const DAY = 86_400
const ROUNDS = 7

const option = (name: string, preset: string) => {
  const i = process.argv.indexOf(`--${name}`)
  return i < 0 ? preset : (process.argv[i + 1] ?? preset)
}
const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'))
const keys = Number(option('keys', '10000'))
const days = Number(option('days', '31'))
const file = join(folder, 'usage.db')
const url = option('database-url', `sqlite:${file}`)
const env = { GATEHOUSE_DATABASE_URL: url }
const say = (text: string) => void process.stdout.write(`${text}\n`)
const seconds = (ms: number) => `${(ms / 1000).toFixed(3)} s`

say(`${url.split(':', 1)[0]}, ${keys} keys, ${days} days, node ${process.version}`)
try {
  await using server = await startGatehouse(env)
  await fill()
  await measureAll(server.url)
  await showPlan()
} finally {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
}

async function fill() {
  const begun = performance.now()
  const args = ['seed', '--keys', String(keys), '--days', String(days)]
  const code = await run(args, env, { line: () => {}, json: () => {}, note: say })
  if (code !== 0) throw new Error('nothing to measure')
  say(`  made up in ${seconds(performance.now() - begun)}`)
  const db = await openDb(url, { connections: 1 })
  const counts = await db
    .selectFrom('usage_rollup')
    .select((eb) => ['kind', 'grain', eb.fn.countAll<number>().as('rows')])
    .groupBy(['kind', 'grain'])
    .execute()
  await db.destroy()
  const all = counts.reduce((sum, { rows }) => sum + rows, 0)
  const daily = counts.find(({ kind, grain }) => kind === 'costs' && grain === DAY)?.rows ?? 0
  const each = url.startsWith('sqlite:') ? `, ${Math.round((await stat(file)).size / all)} bytes each` : ''
  say(`  ${all} rows${each}; ${daily} of them are the costs of days`)
}

async function measureAll(server: string) {
  const today = Math.floor(Date.now() / 1000 / DAY) * DAY
  const start = today - (days - 1) * DAY
  const one = `api_key_ids[]=key_seed${'7'.padStart(20, '0')}`
  const reports = {
    'costs by key': `costs?limit=31&start_time=${start}&group_by[]=api_key_id`,
    'costs by key, the first day from 06:30:17': `costs?limit=31&start_time=${start + 23_417}&group_by[]=api_key_id`,
    'costs by key and line item': `costs?limit=31&start_time=${start}&group_by[]=api_key_id&group_by[]=line_item`,
    'costs by project': `costs?limit=31&start_time=${start}&group_by[]=project_id`,
    'costs, not grouped': `costs?limit=31&start_time=${start}`,
    'costs of one key': `costs?limit=31&start_time=${start}&${one}`,
    'completions by model': `usage/completions?limit=31&start_time=${start}&group_by[]=model`,
    'completions of one key, by the hour': `usage/completions?limit=168&bucket_width=1h&start_time=${today - 6 * DAY}&${one}`,
    'completions of a day, by the minute': `usage/completions?limit=1440&bucket_width=1m&start_time=${today - DAY}`,
  }
  for (const [what, path] of Object.entries(reports)) await measure(what, `${server}/v1/organization/${path}`)
}

async function measure(what: string, address: string) {
  const times: number[] = []
  let bytes = 0
  for (let i = 0; i < ROUNDS; i++) {
    const begun = performance.now()
    const reply = await fetch(address, { headers: { authorization: `Bearer ${ADMIN_KEY}` } })
    bytes = 0
    for await (const chunk of reply.body ?? []) bytes += chunk.length
    times.push(performance.now() - begun)
    if (reply.status !== 200) throw new Error(`${reply.status} for ${address}`)
  }
  const [first = 0] = times
  times.sort((a, b) => a - b)
  const [best = 0] = times
  const size = `${(bytes / 1e6).toFixed(bytes > 1e6 ? 0 : 2)} MB`
  say(
    `  ${what.padEnd(43)} median ${seconds(times[ROUNDS >> 1] ?? 0)}, best ${seconds(best)}, first ${seconds(first)}  ${size}`,
  )
}

/** How the database goes about a part of the report by key. */
async function showPlan() {
  let asked: CompiledQuery | undefined
  const db = await openDb(url, {
    connections: 1,
    onQuery: ({ query }) => {
      asked = query
    },
  })
  try {
    const { id } = await db.selectFrom('organization').select('id').executeTakeFirstOrThrow()
    const today = Math.floor(Date.now() / 1000 / DAY) * DAY
    const ranges = [{ grain: DAY, from: today - 4 * DAY, to: today } as const]
    const of = { organizationId: id, kind: 'costs', filters: [], select: { dollars, nanos } } as const
    await sumUsage(db, { ...of, ranges, byTime: true, groupBy: ['api_key_id'] })
    const { sql = '', parameters = [] } = asked ?? {}
    const explain = url.startsWith('sqlite:') ? 'explain query plan' : 'explain'
    const plan = await db.executeQuery<Record<string, string>>(CompiledQuery.raw(`${explain} ${sql}`, [...parameters]))
    say(`  ${sql}`)
    for (const row of plan.rows) say(`    ${row.detail ?? row['QUERY PLAN']}`)
  } finally {
    await db.destroy()
  }
}
