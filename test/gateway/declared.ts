import type { Declaration } from '../../src/gateway/routes/declaration.ts'
import { type RouteName, routes } from '../../src/gateway/routes/table.ts'
import type { Reply } from '../support/harness.ts'
import { modelsFile } from '../support/models-file.ts'
import { makeKey, startGate, type TestGate } from './gate.ts'
import { EVENTS, event, json, type Script } from './upstream.ts'

/*
 * What drives any route by its declaration alone.
 */

/** Routes that need no word of any upstream. Those that do are about what a project owns: `owned/` drives them; what the gate keeps itself has tests of its own. */
export const everywhere = (Object.entries(routes) as [RouteName, Declaration][]).filter(
  ([, { offered, answeredBy }]) => offered === null && typeof answeredBy === 'string',
)

/** A minute's worth in every dimension that a route can be limited in. */
const dimensions = ['requests', 'tokens', 'images', 'audio_megabytes'] as const
export type DimensionName = (typeof dimensions)[number]

/** The dimensions that a route declares. */
export function limitedIn({ charges, body }: Declaration): DimensionName[] {
  if (body.kind === 'none') return []
  return dimensions.filter((dimension) => {
    if (dimension === 'requests') return true
    if (dimension === 'tokens') return charges.tokens !== 'none'
    return dimension === 'images' ? charges.images : charges.audio
  })
}

/** Everything that some route asks for, but what this one refuses; of what is not its own, it takes no notice. */
export function fieldsOf({ body }: Declaration): Record<string, unknown> {
  const isBounded = body.kind === 'json' && body.maximum === 'required'
  const all = {
    ...{ model: 'm1', messages: [{ role: 'user', content: 'hello' }], input: 'hello', prompt: 'hello' },
    ...{ query: 'hello', documents: ['hello'], tokens: [1, 2] },
    ...(isBounded && { max_tokens: 16 }),
  }
  const refused = body.kind === 'json' ? body.references.refused.map(({ field }) => field) : []
  return Object.fromEntries(Object.entries(all).filter(([name]) => !refused.includes(name)))
}

/** An answer that reports its use wherever a route's reply says it: seven tokens there, and two back. */
const answer = {
  ...{ id: 'answer', object: 'fake', model: 'm1', choices: [], output: [], data: [{}, {}], text: '', duration: 3 },
  usage: { prompt_tokens: 7, completion_tokens: 2, input_tokens: 7, output_tokens: 2, total_tokens: 9 },
}
export const whole = json(answer)

/** The same as a stream: as completions have it, and as responses do. */
export const streamed: Script = async ({ response, whole }) => {
  await whole
  response.writeHead(200, EVENTS)
  for (const data of [answer, { type: 'response.completed', response: answer }, '[DONE]']) response.write(event(data))
  response.end()
}

/** A project of a test's own, with a key and an id of each kind that can stand in a path. */
export type Place = { projectId: string; keyId: string; key: string; ids: Record<string, string> }

export type Stage = AsyncDisposable & { gate: TestGate; place: () => Promise<Place> }

/** A gate with two models, of which one has a price and can be limited in every dimension. */
export async function openStage(): Promise<Stage> {
  await using stack = new AsyncDisposableStack()
  const price_per_million = { input: 1000, output: 1000 }
  const m1 = {
    dimensions: ['images', 'audio', 'requests_per_day'],
    price_per_million,
    max_output_tokens: 1000,
    context_tokens: 100_000,
  }
  const file = stack.use(await modelsFile({ m1, m2: {} }))
  const models = ['m1', 'm2'].map((id) => ({ id, object: 'model' }))
  const gate = stack.use(await startGate({ env: { GATEHOUSE_CONFIG: file.path }, models }))
  gate.upstream.answer(whole)
  const rest = stack.move()
  return { gate, place: () => newPlace(gate), [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

async function newPlace({ app }: TestGate): Promise<Place> {
  const { projectId, keyId, key } = await makeKey(app)
  const project = app.db.selectFrom('project').select('organization_id').where('id', '=', projectId)
  const { organization_id } = await project.executeTakeFirstOrThrow()
  const response_id = `resp_${projectId}`
  const owner = { organization_id, project_id: projectId, upstream: 'default', expires_at: 2_000_000_000 }
  await app.db
    .insertInto('owned')
    .values({ kind: 'response', id: response_id, ...owner })
    .execute()
  return { projectId, keyId, key, ids: { response_id, model: 'm1' } }
}

export const pathOf = ({ path }: Declaration, { ids }: Pick<Place, 'ids'>) =>
  path.replace(/\{(\w+)\}/g, (_, kind: string) => ids[kind] ?? 'id_1')

/** The code of a refusal, in whatever API's shape it is; null where it has none. */
export const codeOf = ({ body: { error } }: Pick<Reply, 'body'>): string | null =>
  error?.code ?? error?.details?.error_code ?? null

type More = { query?: string; fields?: Record<string, unknown> }

/** Makes a request as the declaration has it. */
export async function ask({ app }: TestGate, route: Declaration, place: Place, more: More = {}): Promise<Reply> {
  const { query = '', fields = {} } = more
  const { key } = place
  const path = pathOf(route, place) + query
  if (route.body.kind === 'none') return app.send(route.method, path, { key })
  if (route.body.kind === 'json') return app.send(route.method, path, { key, body: { ...fieldsOf(route), ...fields } })
  const form = new FormData()
  const texts = { model: 'm1', prompt: 'hello', ...fields }
  for (const [name, value] of Object.entries(texts)) form.append(name, String(value))
  form.append('file', new Blob(['x'.repeat(1_500_000)]), 'a.bin')
  const headers = { authorization: `Bearer ${key}` }
  const reply = await fetch(app.url + path, { method: route.method, headers, body: form })
  const text = await reply.text()
  return { status: reply.status, headers: reply.headers, text, body: JSON.parse(text) }
}

/** What the reports have of a project, by the minute. */
export const metered = ({ app }: TestGate, { projectId }: Pick<Place, 'projectId'>) =>
  app.db.selectFrom('usage_rollup').selectAll().where('project_id', '=', projectId).where('grain', '=', 60).execute()
