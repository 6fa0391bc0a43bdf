import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type OpenAI from 'openai'
import type { Batch } from 'openai/resources/batches'
import { yesterday } from '../../support/days.ts'
import type { TestAppOptions } from '../../support/harness.ts'
import { modelsFile } from '../../support/models-file.ts'
import { until } from '../../support/until.ts'
import { chat, create, jsonl } from '../batches/stage.ts'
import type { Call, FakeUpstream } from '../upstream.ts'
import { startKept, type TestStore } from './kept.ts'

/*
 * Batches that the gate runs itself, before a model server that has chat completions and nothing else.
 */

export { chat, create, jsonl }

export type Asked = { id: string; model: string; body: { messages: { content: string }[]; store?: boolean } }

/** What was asked, by the line that it is of: the last word of what is said. */
export async function askedOf(call: Call): Promise<Asked> {
  const body = JSON.parse((await call.whole).toString())
  return {
    id:
      String(body.messages?.[0]?.content ?? '')
        .split(' ')
        .at(-1) ?? '',
    model: body.model,
    body,
  }
}

/** Answers as a model would: ten tokens in, five out. */
export async function answerChat(call: Call, status = 200, more: object = {}): Promise<void> {
  const { id, model } = await askedOf(call)
  const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
  const message = { role: 'assistant', content: `to ${id}`, refusal: null }
  const good = { id: `chatcmpl-${id}`, object: 'chat.completion', created: 1, model, usage }
  const said =
    status < 400
      ? { ...good, choices: [{ index: 0, message, finish_reason: 'stop', logprobs: null }] }
      : { error: { message: 'no', type: 'x', param: null, code: null } }
  const text = JSON.stringify({ ...said, ...more })
  call.response.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) })
  call.response.end(text)
}

/** Has a model server answer so many calls, and hold back all that come after them until they are let go. @returns how many have come, and what lets go */
export function holdBehind(
  upstream: Pick<FakeUpstream, 'answer'>,
  most = 0,
): { came: () => number; letGo: () => void } {
  const { promise: held, resolve: letGo } = Promise.withResolvers<void>()
  let came = 0
  upstream.answer(async (call) => {
    await call.whole
    if (++came > most) await held
    await answerChat(call)
  })
  return { came: () => came, letGo: () => letGo() }
}

type Options = TestAppOptions & {
  folder?: string
  store?: TestStore
  model?: object
  models?: Record<string, object>
  more?: object
}

/** @param more what else the configuration says */
export async function startRunning({ model = {}, models = {}, more = {}, ...options }: Options = {}) {
  await using stack = new AsyncDisposableStack()
  const file = stack.use(await modelsFile({ m1: { batches: 'gatehouse', ...model }, ...models }, more))
  const it = stack.use(await startKept({ ...options, env: { GATEHOUSE_CONFIG: file.path, ...options.env } }))
  it.upstream.answer((call) => answerChat(call))
  const rest = stack.move()
  return { ...it, config: file.path, [Symbol.asyncDispose]: () => rest.disposeAsync() }
}

/** Waits until a batch is in a state. */
export async function reach(client: OpenAI, id: string, status: Batch['status']): Promise<Batch> {
  for (let looks = 1; ; looks++) {
    const now = await client.batches.retrieve(id)
    if (now.status === status) return now
    assert.ok(looks < 1500, `the batch is ${now.status} and not ${status}: ${JSON.stringify(now)}`)
    await sleep(20)
  }
}

export type Line = {
  custom_id: string
  // biome-ignore lint/suspicious/noExplicitAny: a test says itself what it expects
  response: { status_code: number; request_id: string; body: Record<string, any> } | null
  error: { code: string } | null
}

/** The lines of a file of results, in the order of their names. */
export async function linesOf(client: OpenAI, id: string | null | undefined): Promise<Line[]> {
  if (!id) return []
  const text = await (await client.files.content(id)).text()
  assert.ok(text.endsWith('\n'))
  const lines: Line[] = text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  return lines.sort((a, b) => (a.custom_id < b.custom_id ? -1 : 1))
}

/** Waits until whoever runs the only batch has looked whether it is to end: each look ends by telling how far it is. */
export async function looked(store: TestStore): Promise<void> {
  const told = async () => {
    const [found] = await store.besideBatches('progress.json')
    return found === undefined ? 0 : await store.written(found)
  }
  for (let looks = 0; looks < 2; looks++) {
    const before = await told()
    await until(async () => (await told()) > before, 'it looks once more')
  }
}

/** What the reports say that lines of batches have used: calls, tokens in and out. */
export async function usedIn(
  admin: OpenAI['admin'],
  kind: 'completions' | 'embeddings' = 'completions',
): Promise<[number, number, number]> {
  const asked = { start_time: yesterday(), bucket_width: '1d', batch: true } as const
  const { usage } = admin.organization
  const { data } = kind === 'completions' ? await usage.completions(asked) : await usage.embeddings(asked)
  const results = data.flatMap(
    (bucket) => bucket.results as { num_model_requests: number; input_tokens: number; output_tokens?: number }[],
  )
  const sum = (of: (one: (typeof results)[number]) => number) => results.reduce((all, one) => all + of(one), 0)
  return [sum((one) => one.num_model_requests), sum((one) => one.input_tokens), sum((one) => one.output_tokens ?? 0)]
}

export const ids = (lines: readonly Line[]) => lines.map(({ custom_id }) => custom_id)
export const names = (count: number) => Array.from({ length: count }, (_, i) => `l${String(i).padStart(4, '0')}`)
