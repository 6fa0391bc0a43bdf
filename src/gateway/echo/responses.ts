import { conversation, type Fields, pieces, required, tokens } from './text.ts'

/** `POST /v1/responses`: answers with the input, or with the user's last message in it. Nothing is stored. */
export function responses(
  fields: Fields,
  model: string,
  id: string,
  created: number,
): { body: unknown } | { events: string[] } {
  const input = required(fields, 'input')
  const { last, all } = typeof input === 'string' ? { last: input, all: input } : conversation(input, 'input')
  const part = { type: 'output_text', text: last, annotations: [], logprobs: [] }
  const item = { id: `msg_${id}`, type: 'message', status: 'completed', role: 'assistant', content: [part] }
  const [input_tokens, output_tokens] = [tokens(all), tokens(last)]
  const usage = {
    input_tokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input_tokens + output_tokens,
  }
  const response = {
    id: `resp_${id}`,
    object: 'response',
    created_at: created,
    status: 'completed',
    error: null,
    incomplete_details: null,
    instructions: fields.instructions ?? null,
    max_output_tokens: fields.max_output_tokens ?? null,
    metadata: fields.metadata ?? {},
    model,
    output: [item],
    parallel_tool_calls: true,
    previous_response_id: null,
    store: false,
    temperature: 0,
    text: { format: { type: 'text' } },
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    usage,
  }
  if (fields.stream !== true) return { body: response }

  const begun = { ...response, status: 'in_progress', output: [], usage: null }
  const place = { item_id: item.id, output_index: 0, content_index: 0 }
  const events: Fields[] = [
    { type: 'response.created', response: begun },
    { type: 'response.in_progress', response: begun },
    { type: 'response.output_item.added', output_index: 0, item: { ...item, status: 'in_progress', content: [] } },
    { type: 'response.content_part.added', ...place, part: { ...part, text: '' } },
    ...pieces(last).map((delta) => ({ type: 'response.output_text.delta', ...place, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...place, text: last, logprobs: [] },
    { type: 'response.content_part.done', ...place, part },
    { type: 'response.output_item.done', output_index: 0, item },
    { type: 'response.completed', response },
  ]
  return { events: events.map((data, sequence_number) => sse({ ...data, sequence_number })) }
}

const sse = (data: Fields) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`
