import { Collection, newId, now, routesOf } from './collection.ts'
import { addContainer, addContainerFile, copyFiles } from './containers.ts'
import { Content } from './content.ts'
import { type Item, itemOf } from './conversations.ts'
import { invalid, missing } from './errors.ts'
import { type Had, type Referred, refer } from './references.ts'
import type { Body, Routes } from './server.ts'

type Answer = {
  id: string
  object: 'response'
  created_at: number
  status: string
  output: Item[]
  [more: string]: unknown
}
export type Responses = Collection<Answer>

export const newResponses = (): Responses => new Collection(missing.response)

const EVENTS = { 'content-type': 'text/event-stream; charset=utf-8' }
const CHAT_USAGE = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
const USAGE = {
  input_tokens: 10,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 5,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 15,
}

/** What is answered names the files that were given, so that a test sees what came through. */
const said = ({ files }: Referred) => (files.length > 0 ? `Given: ${files.join(' ')}` : 'Nothing was given.')

/** The models, chat completions and responses, as little of them as it takes to refer to what the account has. */
export function answerRoutes(had: Had, models: readonly string[]): Routes {
  const list = models.map((id) => ({ id, object: 'model', created: 1_700_000_000, owned_by: 'system' }))
  const { responses } = had
  return {
    'GET /v1/models': () => ({ object: 'list', data: list }),
    'GET /v1/models/{id}': ({ ids: [id = ''] }) => {
      const model = list.find((one) => one.id === id)
      if (!model) throw missing.model(id)
      return model
    },
    'POST /v1/chat/completions': async ({ json, response }) => {
      const body = await json()
      const content = said(asked(had, body, models))
      const base = { id: newId('chatcmpl-'), created: now(), model: body.model }
      const choice = { index: 0, finish_reason: 'stop' }
      if (!body.stream) {
        const choices = [{ ...choice, message: { role: 'assistant', content, refusal: null } }]
        return { ...base, object: 'chat.completion', choices, usage: CHAT_USAGE }
      }
      const chunk = { ...base, object: 'chat.completion.chunk' }
      response.writeHead(200, EVENTS)
      const chunks = [
        { ...chunk, choices: [{ ...choice, delta: { role: 'assistant', content } }] },
        ...(body.stream_options?.include_usage ? [{ ...chunk, choices: [], usage: CHAT_USAGE }] : []),
      ]
      for (const one of chunks) response.write(`data: ${JSON.stringify(one)}\n\n`)
      return void response.end('data: [DONE]\n\n')
    },
    'POST /v1/responses': async ({ json, response }) => {
      const body = await json()
      const answer = answered(had, body, asked(had, body, models))
      if (body.store !== false) responses.add(answer)
      if (!body.stream) return answer
      response.writeHead(200, EVENTS)
      eventsOf(answer).forEach((event, sequence_number) => {
        response.write(`event: ${event.type}\ndata: ${JSON.stringify({ ...event, sequence_number })}\n\n`)
      })
      return void response.end()
    },
    ...routesOf<Answer>('/v1/responses', { of: () => responses, deleted: 'response' }),
  }
}

function asked(had: Had, body: Body, models: readonly string[]): Referred {
  if (typeof body.model !== 'string')
    throw invalid("Missing required parameter: 'model'.", 'model', 'missing_required_parameter')
  if (!models.includes(body.model)) throw missing.model(body.model)
  return refer(had, body)
}

function answered(had: Had, body: Body, referred: Referred): Answer {
  const tools: Body[] = body.tools ?? []
  const made = tools.flatMap((tool) => (tool.type === 'code_interpreter' ? interpreted(had, tool.container) : []))
  const searched = tools
    .filter(({ type }) => type === 'file_search')
    .map(
      (): Item => ({ id: newId('fs_', 24), type: 'file_search_call', status: 'completed', queries: [], results: null }),
    )
  const text = { type: 'output_text', text: said(referred), annotations: made.map(({ annotation }) => annotation) }
  const message = itemOf({ role: 'assistant', content: [text] })
  const output = [...made.map(({ item }) => item), ...searched, message]
  const [conversation] = referred.conversations
  if (conversation !== undefined) {
    const input = typeof body.input === 'string' ? [{ role: 'user', content: body.input }] : (body.input ?? [])
    for (const item of input)
      if (item.type !== 'item_reference') had.conversations.beside(conversation).add(itemOf(item))
    for (const item of output) had.conversations.beside(conversation).add(item)
  }
  return {
    ...{
      id: newId('resp_', 24),
      object: 'response',
      created_at: now(),
      status: 'completed',
      model: body.model,
      output,
    },
    ...{ error: null, incomplete_details: null, instructions: null, metadata: body.metadata ?? {}, usage: USAGE },
    ...{ previous_response_id: body.previous_response_id ?? null, tools, store: body.store ?? true },
    conversation: conversation === undefined ? null : { id: conversation },
  }
}

/** The tool makes a container where none is named, and a file in it. */
function interpreted(had: Had, container: string | Body) {
  const named = typeof container === 'string'
  const id = named ? container : addContainer(had.containers, { name: 'auto' }).id
  if (!named) copyFiles(had.containers, had.files, id, container?.file_ids ?? [])
  const content = Content.of('drawn\n')
  const file = addContainerFile(had.containers, id, { filename: 'drawn.txt', content, source: 'assistant' })
  const call: Item = {
    id: newId('ci_', 24),
    type: 'code_interpreter_call',
    status: 'completed',
    code: 'draw()',
    container_id: id,
    outputs: null,
  }
  const cited = { container_id: id, file_id: file.id, filename: 'drawn.txt', start_index: 0, end_index: 0 }
  return [{ item: call, annotation: { type: 'container_file_citation', ...cited } }]
}

function eventsOf(answer: Answer): ({ type: string } & Body)[] {
  const begun = { ...answer, status: 'in_progress', output: [], usage: null }
  const items = answer.output.flatMap((item, output_index) => [
    { type: 'response.output_item.added', output_index, item: { ...item, status: 'in_progress' } },
    ...textEvents(item, output_index),
    { type: 'response.output_item.done', output_index, item },
  ])
  return [
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
    ...items,
    { type: 'response.completed', response: answer },
  ]
}

function textEvents(item: Item, output_index: number): ({ type: string } & Body)[] {
  if (item.type !== 'message') return []
  const [part] = item.content as [Body]
  const at = { item_id: item.id, output_index, content_index: 0 }
  return [
    { type: 'response.content_part.added', ...at, part: { ...part, text: '', annotations: [] } },
    { type: 'response.output_text.delta', ...at, delta: part.text },
    ...part.annotations.map((annotation: Body, annotation_index: number) => ({
      type: 'response.output_text.annotation.added',
      ...at,
      annotation_index,
      annotation,
    })),
    { type: 'response.output_text.done', ...at, text: part.text },
    { type: 'response.content_part.done', ...at, part },
  ]
}
