import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { KyselyPlugin } from 'kysely'
import OpenAI from 'openai'
import { type Overrides, startApp } from '../../src/app.ts'
import { type Config, readConfig } from '../../src/config/settings.ts'
import { openDb } from '../../src/db/open.ts'
import type { OpenedDb } from '../../src/db/tables.ts'
import type { Upstream } from '../../src/gateway/upstreams/forwarding.ts'
import type { ClientPatience } from '../../src/listener/connection.ts'
import type { ReplacedWorkers } from '../../src/machine/running-thread.ts'
import type { ReplacedSharing } from '../../src/machine/sharing.ts'
import { DATABASE, type DatabaseKind, openTestDatabase } from './databases.ts'
import { OrganizationFilter } from './organization-filter.ts'
import { ORIGIN } from './soft-passkey.ts'

/** The first admin key of every test's server, unless the test says otherwise. */
export const ADMIN_KEY = 'sk-admin-for_tests_only_0123456789abcdefghijklmnop'

/** Threads that serve where a test does not say it: two where `GATEHOUSE_TEST_WORKERS` says so. */
export const WORKERS = Number(process.env.GATEHOUSE_TEST_WORKERS ?? 1)

export type TestApp = AsyncDisposable & {
  /** The listener, without a path. */
  url: string
  databaseUrl: string
  /** The official client, with the first owner's admin key (or another), and another way to make its calls. */
  admin: (key?: string, make?: typeof fetch) => OpenAI['admin']
  /** How the test's own calls are made. */
  fetch: typeof fetch
  /** The official client with a project's key, as a caller of models has it. */
  client: (key: string) => OpenAI
  /** A plain request, for what the official client would never send. The body is sent as JSON unless it is text already. */
  send: (method: string, path: string, options?: SendOptions) => Promise<Reply>
  /** The test's own connection, for looking at what was stored. */
  db: OpenedDb
  /** Moves the server's clock forward. */
  advance: (seconds: number) => void
  /** The time on that clock, Unix seconds. */
  now: () => number
  /** The value of one counter in /metrics, labels and all: `gatehouse_sql_statements_total`. */
  metric: (name: string) => Promise<number>
}

export type SendOptions = { key?: string | null; body?: unknown; headers?: Record<string, string> }
// biome-ignore lint/suspicious/noExplicitAny: a test says itself what it expects of a body
export type Reply = { status: number; headers: Headers; body: any; text: string }

export type TestAppOptions = {
  database?: DatabaseKind
  /** A database that several servers share; the harness then does not remove it. */
  databaseUrl?: string
  /** Settings, by their names in the environment. */
  env?: Record<string, string>
  only?: string
  upstreams?: ReadonlyMap<string, Upstream>
  /** Counters around those in memory. */
  counters?: NonNullable<Overrides['counters']>
  /** How long clients may take, where minutes are too long for a test. */
  patience?: Partial<ClientPatience>
  /** How the test's own calls are made, where they need more than an address: TLS, a client certificate. */
  fetch?: typeof fetch
  /** What the server's statements are shown to, besides the filter that all of them pass. */
  plugins?: KyselyPlugin[]
  /** Where log lines go; they are dropped otherwise. */
  log?: (line: string) => void
  /** What is done to threads that serve, where there are several. */
  threads?: ReplacedWorkers & ReplacedSharing
}

/** A whole Gatehouse on a listening port and a database of its own: what a user would have. */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  await using stack = new AsyncDisposableStack()
  const own =
    options.databaseUrl === undefined ? stack.use(await openTestDatabase(options.database ?? DATABASE, true)) : null
  const databaseUrl = options.databaseUrl ?? own?.url ?? ''
  // What is put in place of a part is a thing of this process, and reaches no other thread.
  const reachesIn = options.upstreams || options.counters || options.plugins || options.patience
  const env = {
    GATEHOUSE_ADMIN_KEY: ADMIN_KEY,
    GATEHOUSE_PORT: '0',
    GATEHOUSE_DATABASE_URL: databaseUrl,
    // A whole run of the tests can count in a Redis: what counts must not be told by the words of a reply.
    GATEHOUSE_REDIS_URL: process.env.TEST_REDIS_URL,
    GATEHOUSE_WORKERS: String(reachesIn ? 1 : WORKERS),
    // Passkeys are made for a host. Where pages are served, a browser knows by which address it has come.
    ...(options.only === undefined && { GATEHOUSE_PUBLIC_URL: ORIGIN }),
    ...options.env,
  }
  // Whether the console is built, and the link that a start makes for it, are no part of what other tests look at.
  const read: Config = readConfig(env, { only: options.only ?? 'admin,gateway,check,docs' })
  // Servers of one database hear of each other there; those of other tests, which run beside this one, are none of its own.
  const isShared = read.redis !== null && env.GATEHOUSE_REDIS_URL === process.env.TEST_REDIS_URL
  const prefix = createHash('sha256').update(databaseUrl).digest('hex').slice(0, 16)
  const config = isShared && read.redis ? { ...read, redis: { ...read.redis, prefix } } : read
  const aheadSeconds = new Int32Array(new SharedArrayBuffer(4))
  const log = { level: 'debug', write: (lines: string) => options.log?.(lines) }
  const filter = new OrganizationFilter()
  // Somebody may have caught what it threw: a batch that is tried again, a request that was answered with a failure.
  stack.defer(() => assert.deepEqual(filter.objections, []))
  const app = stack.use(
    await startApp(config, {
      plugins: [filter, ...(options.plugins ?? [])],
      aheadSeconds,
      log,
      ...options.threads,
      ...(options.upstreams && { upstreams: options.upstreams }),
      ...(options.counters && { counters: options.counters }),
      ...(options.patience && { patience: options.patience }),
    }),
  )
  const db = await openDb(config.database.directUrl ?? databaseUrl, { connections: 1 })
  stack.defer(() => db.destroy())
  const sdk = {
    baseURL: `${app.url}/v1`,
    maxRetries: 0,
    organization: null,
    project: null,
    fetch: options.fetch ?? fetch,
  }
  const send = (method: string, path: string, { key = ADMIN_KEY, body, headers = {} }: SendOptions = {}) =>
    plainRequest(options.fetch ?? fetch, `${app.url}${path}`, {
      method,
      headers: {
        ...(key !== null && { authorization: `Bearer ${key}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  const rest = stack.move()
  return {
    url: app.url,
    databaseUrl,
    admin: (key = ADMIN_KEY, make = sdk.fetch) =>
      new OpenAI({ ...sdk, apiKey: 'unused', adminAPIKey: key, fetch: make }).admin,
    fetch: sdk.fetch,
    client: (key) => new OpenAI({ ...sdk, apiKey: key }),
    send,
    db,
    advance: (seconds) => {
      Atomics.add(aheadSeconds, 0, seconds)
    },
    now: () => Math.floor(Date.now() / 1000) + Atomics.load(aheadSeconds, 0),
    metric: async (name) => {
      const { text } = await send('GET', '/metrics', { key: null })
      const line = text.split('\n').find((candidate) => candidate.startsWith(`${name} `))
      return line ? Number(line.slice(name.length + 1)) : 0
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  }
}

async function plainRequest(make: typeof fetch, url: string, init: RequestInit): Promise<Reply> {
  const response = await make(url, init)
  const text = await response.text()
  let body: unknown = text
  try {
    body = JSON.parse(text)
  } catch {
    // Not every body is JSON; the text says what it was.
  }
  return { status: response.status, headers: response.headers, body, text }
}
