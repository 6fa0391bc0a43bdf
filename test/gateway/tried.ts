import assert from 'node:assert/strict'
import type { JsonShape } from '../../src/gateway/routes/declaration.ts'
import type { RouteName } from '../../src/gateway/routes/table.ts'
import { routes } from '../../src/gateway/routes/table.ts'
import { modelsFile } from '../support/models-file.ts'
import { makeKey, startGate, type TestGate } from './gate.ts'
import { json, type Script, until } from './upstream.ts'

/*
 * Calls of a client to a scripted model server, each in a project of its own, and what the reports of the Administration API
 * say of them once all are made.
 */

export type Tried = {
  route: RouteName
  /** What the request has besides what its route needs. */
  fields?: Record<string, unknown>
  script: Script
  /** Goes before the reply is over, once so many bytes of it have come. */
  leaves?: number
}

/** What became of it; a call that was not metered has no requests. */
export type Seen = {
  status: number
  /** All that the client received, and its head. */
  text: string
  headers: Headers
  requests: number
  input: number
  cached: number
  output: number
  images: number
  seconds: number
}
export type Figures = Partial<Pick<Seen, 'requests' | 'input' | 'cached' | 'output' | 'images' | 'seconds'>>

/** What a call has used that used nothing. */
export const nothing: Figures = { requests: 0, input: 0, cached: 0, output: 0, images: 0, seconds: 0 }

/** Three tokens of input, wherever a route has its text. */
const TEXT = 'one two three'
const needed = { messages: [{ role: 'user', content: TEXT }], input: TEXT, prompt: TEXT }

/** A dollar for a token, so that a cost says how many there were. */
const price_per_million = { input: 1_000_000, output: 1_000_000 }

/** Calls that are made at once. */
const AT_ONCE = 8
/** A header that reaches the model server: which of the calls it is. */
const WHICH = 'x-client-request-id'

/** Makes all these calls. */
export async function tryAll<Name extends string>(tried: Record<Name, Tried>): Promise<Record<Name, Seen>> {
  await using file = await modelsFile({ m1: { price_per_million } })
  await using gate = await startGate({ env: { GATEHOUSE_CONFIG: file.path } })
  const entries = Object.entries<Tried>(tried)
  gate.upstream.answer((call) => entries[Number(call.header(WHICH))]?.[1].script(call))
  const made: [string, string, Pick<Seen, 'status' | 'text' | 'headers'>][] = []
  const left = entries.entries()
  const work = async () => {
    for (const [which, [name, one]] of left) {
      const { projectId, key } = await makeKey(gate.app)
      made.push([name, projectId, await send(gate, key, one, which)])
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  await until(async () => (await gate.app.metric('gatehouse_requests_in_flight')) === 1, 'the end of all')
  await until(async () => (await gate.app.metric('gatehouse_calls_settling')) === 0, 'what was used by all')
  // What comes after them is written after them.
  const { key: last } = await makeKey(gate.app, gate.projectId)
  gate.upstream.answer(json({ choices: [], usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }))
  await send(gate, last, { route: 'chat.completions.create' }, entries.length)
  let reports = await reportsOf(gate)
  const written = async () => {
    reports = await reportsOf(gate)
    return reports(gate.projectId).requests === 1
  }
  await until(written, 'the reports')
  const all = await reportsOf(gate)
  return Object.fromEntries(made.map(([name, id, reply]) => [name, seen(reply, all(id), name)])) as Record<Name, Seen>
}

function seen(reply: Pick<Seen, 'status' | 'text' | 'headers'>, { told, ...totals }: Totals, name: string): Seen {
  if (told.length > 0) assert.deepEqual(told, [totals.input, totals.output], `usage and costs of ${name}`)
  return { ...reply, ...totals }
}

/** Whether a body has such a field; `prompt` is two things. */
const isOf = ({ fields, references }: JsonShape, name: string) =>
  fields.has(name) && !references.refused.some(({ field }) => field === name)

async function send({ app }: TestGate, key: string, tried: Omit<Tried, 'script'>, which: number) {
  const { route, fields = {}, leaves } = tried
  const { path, body: shape, method } = routes[route]
  const leaving = new AbortController()
  let body: FormData | string
  const headers: Record<string, string> = { authorization: `Bearer ${key}`, [WHICH]: String(which) }
  if (shape.kind === 'form') {
    body = new FormData()
    for (const [name, value] of Object.entries({ model: 'm1', prompt: TEXT, ...fields }))
      body.append(name, String(value))
    body.append('file', new Blob(['x'.repeat(5000)]), 'a.bin')
  } else {
    const own = shape.kind === 'json' ? Object.entries(needed).filter(([name]) => isOf(shape, name)) : []
    body = JSON.stringify({ model: 'm1', ...Object.fromEntries(own), ...fields })
    headers['content-type'] = 'application/json'
  }
  const reply = await fetch(app.url + path, { method, headers, body, signal: leaving.signal })
  let text = ''
  try {
    for await (const chunk of reply.body ?? []) {
      text += Buffer.from(chunk).toString('latin1')
      if (text.length >= (leaves ?? Number.POSITIVE_INFINITY)) leaving.abort()
    }
  } catch (error) {
    // It was cut, by the model server or by the client itself: what had come is what there is.
    assert.ok(error instanceof Error)
  }
  return { status: reply.status, headers: reply.headers, text: Buffer.from(text, 'latin1').toString() }
}

/** Of one project; `told` is what the usage of completions says beside the costs. */
type Totals = Required<Figures> & { told: number[] }

/** What the reports have of each project. */
async function reportsOf({ app }: TestGate): Promise<(projectId: string) => Totals> {
  const { usage } = app.admin().organization
  const found = new Map<string, Totals>()
  const of = (id: unknown) => {
    const known = found.get(String(id))
    const totals = known ?? { requests: 0, input: 0, cached: 0, output: 0, images: 0, seconds: 0, told: [] }
    found.set(String(id), totals)
    return totals
  }
  const start_time = Math.floor(Date.now() / 86_400_000) * 86_400 - 86_400
  const query = { start_time, bucket_width: '1d' as const, limit: 3, group_by: ['project_id' as const] }
  for (const kind of [
    'completions',
    'embeddings',
    'moderations',
    'images',
    'audioSpeeches',
    'audioTranscriptions',
  ] as const)
    for (const { results } of (await usage[kind](query)).data) {
      for (const result of results) {
        if (!('project_id' in result) || !('num_model_requests' in result)) continue
        const totals = of(result.project_id)
        totals.requests += result.num_model_requests
        if ('output_tokens' in result) totals.told.push(result.input_tokens, result.output_tokens)
        if ('images' in result) totals.images += result.images
        if ('seconds' in result) totals.seconds += result.seconds
      }
    }
  // Tokens are in the costs, whatever the route.
  const items = { ...query, group_by: ['project_id' as const, 'line_item' as const] }
  for (const { results } of (await usage.costs(items)).data) {
    for (const result of results) {
      if (result.object !== 'organization.costs.result') continue
      const totals = of(result.project_id)
      const tokens = Number(result.amount?.value ?? 0)
      if (result.line_item === 'm1, output_tokens') totals.output += tokens
      else totals.input += tokens
      if (result.line_item === 'm1, cached_input_tokens') totals.cached += tokens
    }
  }
  return of
}

/** Whatever bytes, under whatever label, cut wherever the test says. */
export function bytes(
  type: string | null,
  parts: readonly (string | Buffer)[],
  more: Record<string, string> = {},
  end: 'whole' | 'broken' = 'whole',
): Script {
  return async ({ whole, response }) => {
    await whole
    response.writeHead(200, { ...(type !== null && { 'content-type': type }), ...more })
    response.flushHeaders()
    for (const part of parts) {
      await new Promise((resolve) => response.write(part, resolve))
      await new Promise(setImmediate)
    }
    if (end === 'whole') response.end()
    else response.destroy()
  }
}
