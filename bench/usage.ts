import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CompiledQuery } from 'kysely'
import { openDb } from '../src/db/open.ts'
import { dollars, nanos, sumUsage } from '../src/db/usage.ts'
import { startPostgres } from '../test/support/postgres.ts'
import { fillLists } from './lists-fill.ts'
import { ADMIN_KEY, freePort, startGatehouse } from './processes.ts'
import { fill } from './usage-fill.ts'

/*
 * Reports over many keys, and what else of the administration is large: how long until the last byte of all pages is here, from a
 * server in a process of its own, and how long its loop, which every call waits for, stood still meanwhile. The stop is to be 20 ms
 * at most.
 *   node bench/usage.ts [--keys 10000] [--days 31] [--postgres | --database-url postgres://…]
 * Making the numbers up takes half a minute; measuring takes a minute or two.
 */

const DAY = 86_400
/** Rounds of each, at most, and after how many milliseconds there is no other. */
const ROUNDS = 7
const ROUNDS_MS = 3000
const IDLE_MS = 1000
/** Projects and events. */
const LISTED = 100_000

const option = (name: string, preset: string) => {
  const i = process.argv.indexOf(`--${name}`)
  return i < 0 ? preset : (process.argv[i + 1] ?? preset)
}
const folder = await mkdtemp(join(tmpdir(), 'gatehouse-bench-'))
const keys = Number(option('keys', '10000'))
const days = Number(option('days', '31'))
const file = join(folder, 'usage.db')
const postgres = process.argv.includes('--postgres') ? await startPostgres() : null
const url = postgres ? `${postgres.url}/postgres` : option('database-url', `sqlite:${file}`)
const stopsPort = await freePort()
const env = { GATEHOUSE_DATABASE_URL: url }
const measured = {
  NODE_OPTIONS: `--import=${new URL('loop-stops.ts', import.meta.url)}`,
  LOOP_STOPS_PORT: `${stopsPort}`,
}
const say = (text: string) => void process.stdout.write(`${text}\n`)
const seconds = (ms: number) => `${(ms / 1000).toFixed(3)} s`

say(`${url.split(':', 1)[0]}, ${keys} keys, ${days} days, node ${process.version}`)
try {
  await using server = await startGatehouse({ ...env, ...measured })
  await fillUp()
  await measureAll(server.url)
  await showPlan()
} finally {
  await postgres?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true, maxRetries: 3 })
}

async function fillUp() {
  const begun = performance.now()
  const db = await openDb(url, { connections: 1 })
  const { id } = await db.selectFrom('organization').select('id').executeTakeFirstOrThrow()
  await fill(db, id, keys, days)
  await fillLists(db, id, LISTED)
  const counts = await db
    .selectFrom('usage_rollup')
    .select((eb) => ['kind', 'grain', eb.fn.countAll<number>().as('rows')])
    .groupBy(['kind', 'grain'])
    .execute()
  await db.destroy()
  const all = counts.reduce((sum, { rows }) => sum + rows, 0)
  const each = url.startsWith('sqlite:') ? `, ${Math.round((await stat(file)).size / all)} bytes each` : ''
  say(`  ${all} rows${each}, made up in ${seconds(performance.now() - begun)}`)
}

async function measureAll(server: string) {
  const today = Math.floor(Date.now() / 1000 / DAY) * DAY
  const start = today - (days - 1) * DAY
  const one = `api_key_ids[]=key_${'7'.padStart(24, '0')}`
  const by = (...names: string[]) => names.map((name) => `group_by[]=${name}`).join('&')
  const costs = `organization/costs?limit=31&start_time=${start}`
  const completions = `organization/usage/completions?limit=31&start_time=${start}`
  const asked = {
    'costs by key': `${costs}&${by('api_key_id')}`,
    'costs by key, the first day from 06:30:17': `${costs.replace(`${start}`, `${start + 23_417}`)}&${by('api_key_id')}`,
    'costs by key and line item': `${costs}&${by('api_key_id', 'line_item')}`,
    'costs by project': `${costs}&${by('project_id')}`,
    'costs by user': `${costs}&${by('user_id')}`,
    'costs, not grouped': costs,
    'costs of one key': `${costs}&${one}`,
    'completions by key': `${completions}&${by('api_key_id')}`,
    'completions by key, model, user, project': `${completions}&${by('api_key_id', 'model', 'user_id', 'project_id')}`,
    'completions by model': `${completions}&${by('model')}`,
    'completions of a week by key, by the hour': `organization/usage/completions?limit=168&bucket_width=1h&start_time=${today - 6 * DAY}&${by('api_key_id')}`,
    'completions of one key, by the hour': `organization/usage/completions?limit=168&bucket_width=1h&start_time=${today - 6 * DAY}&${one}`,
    'completions of a day, by the minute': `organization/usage/completions?limit=1440&bucket_width=1m&start_time=${today - DAY}`,
    ...Object.fromEntries(
      ['model', 'api_key_id', 'user_id', 'project_id'].flatMap((by) =>
        ['usage', 'costs'].map((what) => [
          `the summary of ${what} by ${by}`,
          `organization/${what}/summary?start_time=${start}&group_by=${by}`,
        ]),
      ),
    ),
    'a page of the audit log': 'organization/audit_logs?limit=100',
    'a page of projects': 'organization/projects?limit=100',
    'the longest page of roles': 'organization/roles?limit=1000',
    'the longest page of groups': 'organization/groups?limit=1000',
    'the description of the API': '/openapi.json',
    metrics: '/metrics',
  }
  await stops()
  await sleep(IDLE_MS)
  say(`  ${'nothing for a second'.padEnd(43)}${' '.repeat(58)}${shownStops(await stops())}`)
  for (const [what, path] of Object.entries(asked)) {
    await measure(what, path.startsWith('/') ? `${server}${path}` : `${server}/v1/${path}`)
  }
}

/** Reads all pages, as often as takes some seconds. */
async function measure(what: string, address: string) {
  const times: number[] = []
  // The first one loads what the others find loaded.
  let read = await readAll(address)
  const first = await stops()
  for (let i = 0; i < ROUNDS && (i === 0 || times.reduce((sum, ms) => sum + ms, 0) < ROUNDS_MS); i++) {
    const begun = performance.now()
    read = await readAll(address)
    times.push(performance.now() - begun)
  }
  times.sort((a, b) => a - b)
  const { pages, bytes, largest } = read
  const size = `${pages} page${pages === 1 ? ' ' : 's'} ${mb(bytes)}, the largest ${mb(largest)}`
  say(
    `  ${what.padEnd(43)} median ${seconds(times[times.length >> 1] ?? 0)} ${size.padStart(42)}; ${shownStops(await stops())} (the first time ${first.busy.toFixed(1)})`,
  )
}

/** Reads a reply without keeping it: this process is to be no slower than a client. */
async function readAll(address: string) {
  const read = { pages: 0, bytes: 0, largest: 0 }
  for (let page: string | null = ''; page !== null; ) {
    const next: string = page === '' ? address : `${address}&page=${page}`
    const reply = await fetch(next, { headers: { authorization: `Bearer ${ADMIN_KEY}` } })
    if (reply.status !== 200) throw new Error(`${reply.status} for ${next}: ${await reply.text()}`)
    let [bytes, end] = [0, '']
    for await (const chunk of reply.body ?? []) {
      bytes += chunk.length
      end = (end + Buffer.from(chunk.subarray(-4096)).toString()).slice(-4096)
    }
    read.pages++
    read.bytes += bytes
    read.largest = Math.max(read.largest, bytes)
    page = /"next_page":"([\w-]+)"\}$/.exec(end)?.[1] ?? null
  }
  return read
}

type Stops = { stop: number; busy: number }

/** The longest stops of the server's loop since this was asked last. */
async function stops(): Promise<Stops> {
  return (await (await fetch(`http://127.0.0.1:${stopsPort}`)).json()) as Stops
}

function mb(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes > 1e6 ? 1 : 2)} MB`
}

function shownStops({ stop, busy }: Stops): string {
  return `longest stop ${stop.toFixed(1)} ms, of the processor ${busy.toFixed(1)} ms`
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
