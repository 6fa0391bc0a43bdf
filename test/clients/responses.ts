import { type Answer, answerTo, idOf, parts, type Turn, tokens } from './answers.ts'

type Item = {
  id?: string
  type?: string
  role?: string
  content?: string | readonly { type: string; text?: string }[]
  output?: string
  arguments?: string
  summary?: unknown
}

export type ResponsesRequest = {
  model: string
  input: string | readonly Item[]
  instructions?: string
  tools?: readonly { type: string; name: string }[]
  text?: { format?: { type: string } }
  previous_response_id?: string
  reasoning?: object
  store?: boolean
  stream?: boolean
}

/** What the server has stored: items by their ids, and responses with all turns up to them. */
export class Store {
  readonly #items = new Map<string, Item>()
  readonly #turns = new Map<string, readonly Turn[]>()

  /** @throws Error for what was never stored */
  item(id: string): Item {
    const found = this.#items.get(id)
    if (!found) throw new Error(`Item with id '${id}' not found.`)
    return found
  }

  turns(response: string): readonly Turn[] {
    const found = this.#turns.get(response)
    if (!found) throw new Error(`Previous response with id '${response}' not found.`)
    return found
  }

  keep(response: string, items: readonly Item[], turns: readonly Turn[]): void {
    for (const item of items) if (item.id !== undefined) this.#items.set(item.id, item)
    this.#turns.set(response, turns)
  }
}

/**
 * The reply to a request of the Responses API, whole: reasoning first where it is asked for, then a message or a call.
 * @throws Error for a reference to what is not there
 */
export function responseTo(request: ResponsesRequest, store: Store) {
  const before = request.previous_response_id ? store.turns(request.previous_response_id) : []
  const asked = typeof request.input === 'string' ? [{ role: 'user', content: request.input }] : request.input
  const system: Turn[] = request.instructions ? [{ role: 'system', text: request.instructions }] : []
  const turns = [...system, ...before, ...asked.flatMap((item) => turnOf(item, store))]
  const answer = answerTo({
    turns,
    tool: request.tools?.[0]?.name ?? null,
    formed: request.text?.format?.type === 'json_schema',
  })
  const id = idOf('resp_', [turns, request.tools])
  const output = [
    ...(request.reasoning ? [{ id: idOf('rs_', turns), type: 'reasoning', summary: [] }] : []),
    itemOf(answer, turns),
  ]
  const stored = request.store !== false
  if (stored) store.keep(id, output, [...turns, { role: 'assistant', text: answer.text ?? answer.call.arguments }])
  return {
    id,
    object: 'response',
    created_at: 1_760_000_000,
    status: 'completed',
    background: false,
    error: null,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    model: request.model,
    output,
    parallel_tool_calls: true,
    previous_response_id: request.previous_response_id ?? null,
    reasoning: { effort: null, summary: null },
    store: stored,
    temperature: 1,
    text: request.text ?? { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: request.tools ?? [],
    top_p: 1,
    truncation: 'disabled',
    usage: usageOf(turns, answer),
    metadata: {},
  }
}

type Reply = ReturnType<typeof responseTo>
type Event = { type: string; [field: string]: unknown }

/** The same as the data of its events. */
export function responseEvents(whole: Reply): Event[] {
  const { usage, output, ...rest } = whole
  const begun = { ...rest, status: 'in_progress', output: [], usage: null }
  const events: Event[] = [
    ofResponse('response.created', begun),
    ...output.flatMap((item, index) => itemEvents(item, index)),
    ofResponse('response.completed', whole),
  ]
  return events.map((event, sequence_number) => ({ ...event, sequence_number }))
}

const ofResponse = (type: string, response: object) => ({ type, response })

function itemEvents(item: ReturnType<typeof itemOf> | { id: string; type: string }, output_index: number): Event[] {
  const place = { item_id: item.id, output_index }
  const done = { type: 'response.output_item.done', output_index, item }
  const added = (empty: object) => ({
    type: 'response.output_item.added',
    output_index,
    item: { ...item, ...empty },
  })
  if ('content' in item) {
    const text = item.content[0]?.text ?? ''
    const empty = { type: 'output_text', text: '', annotations: [], logprobs: [] }
    return [
      added({ status: 'in_progress', content: [] }),
      { type: 'response.content_part.added', ...place, content_index: 0, part: empty },
      ...parts(text).map((delta) => ({
        type: 'response.output_text.delta',
        ...place,
        content_index: 0,
        delta,
        logprobs: [],
      })),
      { type: 'response.output_text.done', ...place, content_index: 0, text, logprobs: [] },
      { type: 'response.content_part.done', ...place, content_index: 0, part: { ...empty, text } },
      done,
    ]
  }
  if ('arguments' in item) {
    return [
      added({ status: 'in_progress', arguments: '' }),
      { type: 'response.function_call_arguments.delta', ...place, delta: item.arguments },
      { type: 'response.function_call_arguments.done', ...place, name: item.name, arguments: item.arguments },
      done,
    ]
  }
  return [added({}), done]
}

function itemOf(answer: Answer, turns: readonly Turn[]) {
  if (answer.call) {
    const call_id = idOf('call_', turns)
    return { id: idOf('fc_', turns), type: 'function_call', status: 'completed', call_id, ...answer.call }
  }
  const content = [{ type: 'output_text', text: answer.text, annotations: [], logprobs: [] }]
  return { id: idOf('msg_', turns), type: 'message', status: 'completed', role: 'assistant', content }
}

function turnOf(item: Item, store: Store): Turn[] {
  switch (item.type) {
    case 'item_reference':
      return turnOf(store.item(item.id ?? ''), store)
    case 'function_call_output':
      return [{ role: 'tool', text: item.output ?? '' }]
    case 'function_call':
      return [{ role: 'assistant', text: item.arguments ?? '' }]
    case 'reasoning':
      return []
    default: {
      const { content = '', role = 'user' } = item
      const text = typeof content === 'string' ? content : content.map((part) => part.text ?? part.type).join('')
      return [{ role: role === 'developer' ? 'system' : (role as Turn['role']), text }]
    }
  }
}

function usageOf(turns: readonly Turn[], answer: Answer) {
  const input = turns.reduce((sum, turn) => sum + tokens(turn.text), 0)
  const output = tokens(answer.text ?? answer.call.arguments)
  return {
    input_tokens: input,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens: output,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input + output,
  }
}
