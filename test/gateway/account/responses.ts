import { Collection, newId, now, routesOf } from './collection.ts'
import { addContainer, addContainerFile, copyFiles } from './containers.ts'
import { Content } from './content.ts'
import { type Item, itemOf } from './conversations.ts'
import { invalid, missing } from './errors.ts'
import { checked, said } from './models.ts'
import { type Had, type Referred, referredIn } from './references.ts'
import { begun, type Event, rest } from './response-events.ts'
import { type Asked, type Body, EVENTS, type Routes } from './server.ts'
import { responseUsage } from './usage.ts'

export type Answer = {
  id: string
  object: 'response'
  created_at: number
  status: string
  output: Item[]
  [more: string]: unknown
}
export type Responses = Collection<Answer, Beside>

export const newResponses = (): Responses => new Collection(missing.response)

const USAGE = responseUsage({ input: 10, output: 5 })

/** How an answer is streamed, and what one in the background comes to. */
type Beside = {
  events: Event[]
  input: Collection<Item>
  /** What it comes to. */
  final: Answer
  ended: PromiseWithResolvers<void>
}

/** The statuses in which an answer in the background ends. */
export type Ended = 'completed' | 'failed' | 'incomplete' | 'cancelled'

export function responseRoutes(had: Had, models: readonly string[]): Routes {
  const { responses } = had
  const path = '/v1/responses'
  return {
    ...routesOf<Answer>(path, { of: () => responses, deleted: 'response' }),
    [`POST ${path}`]: async (asked) => {
      const body = await asked.json()
      const referred = checked(had, body, models)
      const { answer, beside } = made(had, body, referred)
      if (body.store !== false) responses.add(answer, beside)
      return body.stream ? stream(asked, beside, -1) : answer
    },
    [`GET ${path}/{id}`]: (asked) => {
      const { ids, query } = asked
      const [id = ''] = ids
      if (query.get('stream') !== 'true') return responses.get(id)
      return stream(asked, responses.beside(id), Number(query.get('starting_after') ?? -1))
    },
    [`POST ${path}/{id}/cancel`]: ({ ids: [id = ''] }) => {
      const answer = responses.get(id)
      if (!answer.background) throw invalid('Only responses with background=true can be cancelled.')
      return isOver(answer) ? answer : endResponse(responses, id, 'cancelled')
    },
    [`GET ${path}/{id}/input_items`]: ({ ids: [id = ''], query }) => responses.beside(id).input.list(query),
  }
}

/** Makes a response that is over, of nobody. */
export function addResponse(had: Had, model: string): Answer {
  const body = { model, input: 'of nobody' }
  const { answer, beside } = made(had, body, referredIn(body))
  return had.responses.add(answer, beside)
}

/** An answer, which is over unless it was asked for in the background. */
function made(had: Had, body: Body, referred: Referred): { answer: Answer; beside: Beside } {
  const final = answered(had, body, referred)
  const answer = body.background ? { ...final, status: 'queued', output: [], usage: null } : final
  const beside = { events: begun(answer), input: inputOf(body), final, ended: Promise.withResolvers<void>() }
  if (!body.background) end(answer, beside, 'completed')
  return { answer, beside }
}

const isOver = ({ status }: Answer) => status !== 'queued' && status !== 'in_progress'

/** Ends an answer that was made in the background, which does not end by itself. */
export function endResponse(responses: Responses, id: string, status: Ended): Answer {
  const answer = responses.get(id)
  if (isOver(answer)) throw new Error(`the response has ended: ${answer.status}`)
  end(answer, responses.beside(id), status)
  return answer
}

function end(answer: Answer, { events, final, ended }: Beside, status: Ended): void {
  Object.assign(answer, status === 'cancelled' || status === 'failed' ? {} : final, { status })
  events.push(...rest(structuredClone(answer)))
  ended.resolve()
}

/** Writes the events behind that number, and waits for those that are not there yet. */
async function stream({ response }: Asked, { events, ended }: Beside, after: number): Promise<void> {
  response.writeHead(200, EVENTS).flushHeaders()
  const write = (from: number) => {
    for (const event of events.slice(from)) response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    return Math.max(from, events.length)
  }
  const next = write(after + 1)
  await ended.promise
  write(next)
  response.end()
}

function inputOf({ input }: Body): Collection<Item> {
  const items = new Collection<Item>(missing.item)
  for (const item of inputItems(input)) if (item.type !== 'item_reference') items.add(itemOf(item))
  return items
}

const inputItems = (input: unknown): Body[] =>
  typeof input === 'string' ? [{ role: 'user', content: input }] : ((input ?? []) as Body[])

function answered(had: Had, body: Body, referred: Referred): Answer {
  const tools: Body[] = body.tools ?? []
  const ran = tools.flatMap((tool): Made[] => {
    if (tool.type === 'shell') return shelled(had, tool.environment)
    return tool.type === 'code_interpreter' ? interpreted(had, tool.container) : []
  })
  const searched = tools
    .filter(({ type }) => type === 'file_search')
    .map(
      (): Item => ({ id: newId('fs_', 24), type: 'file_search_call', status: 'completed', queries: [], results: null }),
    )
  const text = {
    type: 'output_text',
    text: said(referred),
    annotations: ran.flatMap(({ annotation }) => annotation ?? []),
  }
  const message = itemOf({ role: 'assistant', content: [text] })
  const output = [...ran.map(({ item }) => item), ...searched, message]
  const [conversation] = referred.conversations
  if (conversation !== undefined) {
    for (const item of inputItems(body.input))
      if (item.type !== 'item_reference') had.conversations.beside(conversation).add(itemOf(item))
    for (const item of output) had.conversations.beside(conversation).add(item)
  }
  return {
    id: newId('resp_', 24),
    object: 'response',
    created_at: now(),
    status: 'completed',
    background: body.background ?? false,
    model: body.model,
    conversation: conversation === undefined ? null : { id: conversation },
    previous_response_id: body.previous_response_id ?? null,
    instructions: null,
    tools,
    output,
    error: null,
    incomplete_details: null,
    metadata: body.metadata ?? {},
    store: body.store ?? true,
    usage: USAGE,
  }
}

type Made = { item: Item; annotation: object | null }

/** A shell does, too, unless it is the client's own. */
function shelled(had: Had, environment: Body): Made[] {
  if (environment?.type !== 'container_auto' && environment?.type !== 'container_reference') return []
  const container_id = containerOf(had, environment.container_id ?? environment)
  const call: Item = {
    ...{ id: newId('sh_', 24), type: 'shell_call', call_id: newId('call_'), status: 'completed' },
    ...{ action: { commands: ['ls'] }, environment: { type: 'container_reference', container_id } },
  }
  return [{ item: call, annotation: null }]
}

function containerOf(had: Had, container: string | Body): string {
  if (typeof container === 'string') return container
  const { id } = addContainer(had.containers, { name: 'auto' })
  copyFiles(had.containers, had.files, id, container?.file_ids ?? [])
  return id
}

/** The tool makes a container where none is named, and a file in it. */
function interpreted(had: Had, container: string | Body): Made[] {
  const id = containerOf(had, container)
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
