import type { Counters } from '../../src/gateway/counters/counters.ts'
import { httpUpstream } from '../../src/gateway/upstreams/http.ts'
import { makeKey, UPSTREAM_KEY } from '../gateway/gate.ts'
import type { DatabaseKind } from '../support/databases.ts'
import { startTestApp, type TestApp } from '../support/harness.ts'
import { modelsFile } from '../support/models-file.ts'
import { type ModelServer, startModelServer } from './model-server.ts'
import { models as names } from './plan.ts'
import { WatchedCounters } from './watched-counters.ts'

const models = [...names.text, names.other]
/** Nano-dollars for a token. */
export const PRICES = { input: 1000, cached: 500, output: 2000 }
/** The model that is asked for what is left has no maximum of its own, and a price that everything spent is a multiple of. */
export const PROBE = 'probe'
export const PROBE_PRICE = 500
/** Tokens that a model says at most, and so what a call is charged at most that asks for no maximum itself. */
export const MOST_OUTPUT = 1000
/** Audio and the like are bounded by more than their bytes: this keeps what a lie can charge small. */
const CONTEXT_TOKENS = 1500
export const NANO_PER_CENT = 10_000_000

const PLENTY = 1_000_000_000
const limits = {
  max_requests_per_1_minute: PLENTY,
  max_requests_per_1_day: PLENTY,
  max_tokens_per_1_minute: PLENTY,
  max_images_per_1_minute: PLENTY,
}
/** Milliseconds: how long a model server that says nothing is waited for. */
const SILENCE_MS = 250

export type Project = { id: string; keys: { id: string; value: string }[]; cents: number | null }

export type Stage = AsyncDisposable & {
  app: TestApp
  modelServer: ModelServer
  counters: WatchedCounters
  projects: Project[]
  organizationCents: number
}

export type StageOptions = {
  database: DatabaseKind
  seed: number
  /** Counters between those of the process and those that watch: a test shows with them that a difference is found. */
  broken?: (memory: Counters) => Counters
}

/** A gate with limits and money on everything, a model server that fails in all ways, and projects with several keys each. */
export async function openStage({ database, seed, broken = (memory) => memory }: StageOptions): Promise<Stage> {
  await using stack = new AsyncDisposableStack()
  const modelServer = stack.use(await startModelServer(seed))
  const perMillion = { input: PRICES.input / 1000, cached_input: PRICES.cached / 1000, output: PRICES.output / 1000 }
  const model = {
    max_output_tokens: MOST_OUTPUT,
    context_tokens: CONTEXT_TOKENS,
    dimensions: ['images', 'requests_per_day'],
    price_per_million: perMillion,
    organization_limits: limits,
  }
  const file = stack.use(
    await modelsFile({
      ...Object.fromEntries(models.map((id) => [id, model])),
      [PROBE]: { context_tokens: CONTEXT_TOKENS, price_per_million: { input: 0, output: PROBE_PRICE / 1000 } },
    }),
  )
  const url = `${modelServer.origin}/v1`
  const upstream = httpUpstream({
    ...{ url, key: UPSTREAM_KEY, replyTimeoutMs: SILENCE_MS, silenceTimeoutMs: SILENCE_MS },
  })
  let counters: WatchedCounters | null = null
  const app = stack.use(
    await startTestApp({
      database,
      env: { GATEHOUSE_CONFIG: file.path, GATEHOUSE_UPSTREAM_URL: url },
      upstreams: new Map([['default', upstream]]),
      counters: (memory) => {
        counters = new WatchedCounters(broken(memory))
        return counters
      },
    }),
  )
  const organizationCents = 90_000
  await app.admin().organization.spendLimit.update(monthly(organizationCents))
  const projects = await makeProjects(app)
  if (counters === null) throw new Error('the gate has asked for no counters')
  const rest = stack.move()
  return { app, modelServer, counters, projects, organizationCents, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

const monthly = (threshold_amount: number) => ({ currency: 'USD', interval: 'month', threshold_amount }) as const

/** Most have plenty; one has so little money that it is used up soon, one so few requests that it is refused now and then. */
async function makeProjects(app: TestApp): Promise<Project[]> {
  const { projects } = app.admin().organization
  const made: Project[] = []
  for (const cents of [null, 50_000, 60_000, 1, 70_000]) {
    const first = await makeKey(app)
    const project_id = first.projectId
    const second = await makeKey(app, project_id)
    if (cents !== null) await projects.spendLimit.update(project_id, monthly(cents))
    const own = made.length === 4 ? { ...limits, max_requests_per_1_minute: 120 } : limits
    for (const model of models) await projects.rateLimits.updateRateLimit(`rl-${model}`, { project_id, ...own })
    made.push({ id: project_id, keys: [first, second].map(({ keyId, key }) => ({ id: keyId, value: key })), cents })
  }
  return made
}
