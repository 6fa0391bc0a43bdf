import type { Fields } from '../body/fields.ts'
import { eventsOf } from './response-events.ts'
import { conversation, required, tokens } from './text.ts'

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
  const response = {
    ...{ id: `resp_${id}`, object: 'response', created_at: created, status: 'completed', model },
    ...settingsOf(fields),
    output: [item],
    usage: usageOf(all, last),
  }
  return fields.stream === true ? { events: eventsOf(response, item, part) } : { body: response }
}

/** What a response repeats of its request, and what is always the same. */
const settingsOf = (fields: Fields) => ({
  error: null,
  incomplete_details: null,
  instructions: fields.instructions ?? null,
  max_output_tokens: fields.max_output_tokens ?? null,
  metadata: fields.metadata ?? {},
  parallel_tool_calls: true,
  previous_response_id: null,
  store: false,
  temperature: 0,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_p: 1,
})

function usageOf(input: string, output: string) {
  const [input_tokens, output_tokens] = [tokens(input), tokens(output)]
  return {
    input_tokens,
    input_tokens_details: { cached_tokens: 0 },
    output_tokens,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: input_tokens + output_tokens,
  }
}
