import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Target } from './measure.ts'
import { ADMIN_KEY, type Running, startGatehouse } from './processes.ts'

/**
 * A Gatehouse in which everything is set that can be set for a project, and a key of that project. Client certificates alone
 * are left out: they need TLS, and what TLS costs would drown what the rule does, as the relay that is compared with has none.
 */
export type Governed = AsyncDisposable & {
  server: Running
  /** Of a project whose limits no benchmark comes near. */
  key: string
  /** Of a project that may make no request a minute. */
  limitedKey: string
  /** A key like `key` whose scopes allow reading models only. */
  narrowKey: string
  /** A project with a limit of its own, in requests a minute. */
  makeKey: (requestsPerMinute: number) => Promise<string>
}

const PLENTY = 2_000_000_000
const limits = {
  max_requests_per_1_minute: PLENTY,
  max_requests_per_1_day: PLENTY,
  max_tokens_per_1_minute: PLENTY,
}

/** A 200-byte question. */
export const question = JSON.stringify({
  model: 'bench',
  messages: [
    {
      role: 'user',
      content: 'What is the meaning of this? And of that, and of all the rest of it, in one word? '.padEnd(139, '.'),
    },
  ],
})

/**
 * Where a gate that is measured keeps its things, what it stands in front of, whose code it is (this checkout's if not said), and
 * what else is set.
 */
export type Place = { folder: string; upstreamUrl: string; checkout?: string; env?: Record<string, string> }

/** Starts one in front of a model server. */
export async function startGoverned({ folder, upstreamUrl, checkout, env = {} }: Place): Promise<Governed> {
  const model = {
    max_output_tokens: 1000,
    dimensions: ['requests_per_day', 'images'],
    price_per_million: { input: 0.15, cached_input: 0.075, output: 0.6 },
    organization_limits: { ...limits, max_images_per_1_minute: PLENTY },
    shared_pool: 'bench-pool',
  }
  const upstreams = { main: { url: `${upstreamUrl}/v1`, key: 'sk-upstream' } }
  const file = join(folder, 'gatehouse.json')
  await writeFile(file, JSON.stringify({ upstreams, models: { bench: model, other: model } }))
  const settings = { GATEHOUSE_DATABASE_URL: databaseUrl(folder), GATEHOUSE_CONFIG: file, ...env }
  const server = await startGatehouse(settings, checkout)
  const post = poster(server)
  const spend = { threshold_amount: 100_000_000, currency: 'USD', interval: 'month' }
  await post('/spend_limit', spend)
  const makeProject = async (own: object) => {
    const { id } = await post<{ id: string }>('/projects', { name: 'bench' })
    const project = `/projects/${id}`
    await post(`${project}/rate_limits/rl-bench`, own)
    await post(`${project}/model_permissions`, { mode: 'allow_list', model_ids: ['bench'] })
    await post(`${project}/hosted_tool_permissions`, { web_search: { enabled: false } })
    await post(`${project}/service_tier_settings`, { default: 'fast', enabled_tiers: ['fast'] })
    await post(`${project}/data_retention`, { retention_type: 'zero_data_retention' })
    await post(`${project}/spend_limit`, spend)
    return project
  }
  const makeKey = async (project: string, scopes: string[]) => {
    const account = await post<{ api_key: { id: string; value: string } }>(`${project}/service_accounts`, { name: 'b' })
    await post(`${project}/api_keys/${account.api_key.id}`, { scopes })
    return account.api_key.value
  }
  const all = ['api.model.request', 'api.model.read']
  const project = await makeProject({ ...limits, max_requests_per_1_minute: PLENTY - 1 })
  return {
    server,
    key: await makeKey(project, all),
    narrowKey: await makeKey(project, ['api.model.read']),
    limitedKey: await makeKey(await makeProject({ max_requests_per_1_minute: 0 }), all),
    makeKey: async (requests) => makeKey(await makeProject({ max_requests_per_1_minute: requests }), all),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

/** Starts one in which nothing is set but where the model server is. */
export async function startUngoverned({ folder, upstreamUrl, checkout }: Place): Promise<Target> {
  const upstream = { GATEHOUSE_UPSTREAM_URL: `${upstreamUrl}/v1`, GATEHOUSE_UPSTREAM_KEY: 'sk-upstream' }
  const server = await startGatehouse({ GATEHOUSE_DATABASE_URL: databaseUrl(folder), ...upstream }, checkout)
  const post = poster(server)
  const { id } = await post<{ id: string }>('/projects', { name: 'bench' })
  const account = await post<{ api_key: { value: string } }>(`/projects/${id}/service_accounts`, { name: 'b' })
  return { server, key: account.api_key.value }
}

/** The database of the gate whose folder this is. */
export const databaseUrl = (folder: string) => `sqlite:${join(folder, 'gateway.db')}`

/** Asks the Administration API of a server for changes. */
function poster(server: Running) {
  return async <T>(path: string, body: object): Promise<T> => {
    const reply = await fetch(`${server.url}/v1/organization${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!reply.ok) throw new Error(`${path}: ${await reply.text()}`)
    return (await reply.json()) as T
  }
}
