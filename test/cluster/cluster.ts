import assert from 'node:assert/strict'
import OpenAI from 'openai'
import { type FakeUpstream, json, startUpstream } from '../gateway/upstream.ts'
import { type Server, serve } from '../process/gatehouse.ts'
import { openTestDatabase } from '../support/databases.ts'
import { modelsFile } from '../support/models-file.ts'
import { freePort } from '../support/ports.ts'

export const ADMIN_KEY = 'sk-admin-for_tests_only_0123456789abcdefghijklmnop'
/** Of a call that asks for a hundred tokens: ten cents, all of it output. */
export const MODEL = 'm1'
export const TOKENS = 100
export const CENTS = 10
/** Money for a hundred of them, in cents. */
export const MOST_MONEY = 100 * CENTS
export const DOLLARS = { currency: 'USD', interval: 'month', threshold_amount: MOST_MONEY } as const
/** Of which each project may have a hundred requests a day: nothing to speak of drains while a test asks for them. */
export const DAILY = 'daily'
export const DAILY_LIMIT = 100
const models = {
  [DAILY]: { organization_limits: { max_requests_per_1_day: DAILY_LIMIT } },
  [MODEL]: { max_output_tokens: 10_000, context_tokens: 100_000, price_per_million: { input: 0, output: 1000 } },
}

/** A node: a process on a port of its own, which it keeps over its restarts. */
export type Node = {
  readonly server: Server
  readonly url: string
  start: () => Promise<void>
  kill: () => Promise<void>
}

/** Several processes in front of one model server. */
export type Cluster = AsyncDisposable & { nodes: readonly Node[]; model: FakeUpstream }

export type ClusterOptions = {
  nodes: number
  /** Absent: a database of its own in the tests' PostgreSQL. */
  databaseUrl?: string
  /** Settings of all nodes, and what their configuration file says besides the models. */
  env?: Record<string, string>
  config?: object
}

/** Starts the nodes, one after the other; disposing kills what is left of them. */
export async function startCluster({
  nodes: count,
  databaseUrl,
  env = {},
  config = {},
}: ClusterOptions): Promise<Cluster> {
  await using stack = new AsyncDisposableStack()
  const own = databaseUrl === undefined ? stack.use(await openTestDatabase('postgres', true)) : null
  const model = stack.use(await startUpstream())
  model.answer(answerWith(TOKENS))
  const { path } = stack.use(await modelsFile(models, config))
  const settings = {
    GATEHOUSE_DATABASE_URL: databaseUrl ?? own?.url ?? '',
    GATEHOUSE_ADMIN_KEY: ADMIN_KEY,
    GATEHOUSE_UPSTREAM_URL: `${model.origin}/v1`,
    GATEHOUSE_CONFIG: path,
    ...env,
  }
  const nodes: Node[] = []
  for (let i = 0; i < count; i++) {
    const node = await startNode(settings)
    stack.defer(() => node.kill())
    nodes.push(node)
  }
  const rest = stack.move()
  return { nodes, model, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

async function startNode(settings: Record<string, string>): Promise<Node> {
  const port = await freePort()
  const env = { ...settings, GATEHOUSE_PORT: String(port) }
  let server = await serve({ env })
  return {
    get server() {
      return server
    },
    url: `http://127.0.0.1:${port}`,
    async start() {
      server = await serve({ env })
    },
    async kill() {
      if (server.running) server.signal('SIGKILL')
      await server.ended
    },
  }
}

/** A reply that reports so many tokens of output. */
export const answerWith = (tokens: number) =>
  json({
    choices: [{ index: 0, message: { role: 'assistant', content: 'x' }, finish_reason: 'stop' }],
    usage: { prompt_tokens: 0, completion_tokens: tokens, total_tokens: tokens },
  })

export const adminOf = ({ url }: Pick<Node, 'url'>) =>
  new OpenAI({ baseURL: `${url}/v1`, adminAPIKey: ADMIN_KEY, apiKey: 'unused', maxRetries: 0 }).admin.organization

/** That each node has the projects of these names. */
export async function haveProjects(nodes: readonly Node[], names: readonly string[]): Promise<void> {
  for (const node of nodes) {
    const there = new Set<string | null | undefined>()
    for await (const { name } of adminOf(node).projects.list({ limit: 100 })) there.add(name)
    assert.deepEqual(
      names.filter((name) => !there.has(name)),
      [],
      'acknowledged and lost',
    )
  }
}

/** A project with a key. */
export async function makeProject(node: Pick<Node, 'url'>, name: string) {
  const { projects } = adminOf(node)
  const { id } = await projects.create({ name })
  const account = await projects.serviceAccounts.create(id, { name: 'bot' })
  if (!account.api_key) throw new Error('a service account without a key')
  return { id, key: account.api_key.value, keyId: account.api_key.id }
}

/** A plain request with an end: its status, or `cut` where the connection broke, and `late` where nothing came in time. */
export async function ask(
  node: Pick<Node, 'url'>,
  path: string,
  { key, body, withinMs = 60_000 }: { key: string; body?: unknown; withinMs?: number },
): Promise<{ status: number | 'cut' | 'late'; text: string; headers: Headers }> {
  const headers = { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': 'application/json' }) }
  const init = body === undefined ? { method: 'GET' } : { method: 'POST', body: JSON.stringify(body) }
  try {
    const reply = await fetch(node.url + path, { ...init, headers, signal: AbortSignal.timeout(withinMs) })
    return { status: reply.status, text: await reply.text(), headers: reply.headers }
  } catch (error) {
    const status = (error as Error).name === 'TimeoutError' ? 'late' : 'cut'
    return { status, text: String((error as Error).cause ?? error), headers: new Headers() }
  }
}

export const chat = (key: string, maxTokens = TOKENS, model = MODEL) => ({
  key,
  body: { model, max_completion_tokens: maxTokens, messages: [{ role: 'user', content: 'hello' }] },
})
export const CHAT = '/v1/chat/completions'

/**
 * So many calls one after the other, from node to node, each of which costs ten cents where it is answered.
 * @param ends how they may end: answered, or at their limit, if left out
 * @returns the cents that they cost
 */
export async function spend(
  nodes: readonly Pick<Node, 'url'>[],
  key: string,
  calls: number,
  ends: readonly string[] = ['200', '429'],
): Promise<number> {
  let spent = 0
  for (let i = 0; i < calls; i++) {
    const { status, text } = await ask(nodes[i % nodes.length] ?? assert.fail(), CHAT, chat(key))
    assert.ok(ends.includes(`${status}`), `${status}: ${text}`)
    if (status === 200) spent += CENTS
  }
  return spent
}
