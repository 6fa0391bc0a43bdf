import { newId } from './collection.ts'
import type { Body } from './server.ts'
import { chatUsage, responseUsage } from './usage.ts'

/** A line of a batch's input file. */
export type Line = { custom_id: string; method: string; url: string; body: Body }
export type LineError = { code: string; line: number | null; message: string; param: string | null }
/** What a line came to: a response with any status, or an error where none came. */
export type Outcome = { status_code: number; body: Body } | { error: { code: string; message: string } }

type Read = { lines: Line[]; errors: LineError[] }

/** Reads an input file as the original does, which says of each line what is wrong with it. */
export function readLines(text: string, endpoint: string): Read {
  const [lines, errors, ids]: [Line[], LineError[], Set<string>] = [[], [], new Set()]
  const written = text.split('\n').map((one, index) => ({ one, number: index + 1 }))
  for (const { one, number } of written) {
    if (one.trim() === '') continue
    const wrong = (code: string, message: string, param: string | null = null) =>
      errors.push({ code, line: number, message, param })
    const line = parsed(one)
    if (!line) wrong('invalid_json_line', 'This line is not parseable as valid JSON.')
    else if (typeof line.custom_id !== 'string')
      wrong('missing_required_parameter', "Missing required parameter: 'custom_id'.", 'custom_id')
    else if (ids.has(line.custom_id))
      wrong('duplicate_custom_id', `The custom_id '${line.custom_id}' is not unique.`, 'custom_id')
    else if (line.method !== 'POST') wrong('invalid_method', "The method must be 'POST'.", 'method')
    else if (line.url !== endpoint)
      wrong('url_mismatch', `The URL '${line.url}' does not match the batch's endpoint.`, 'url')
    else if (line.body?.model !== (lines[0] ?? line).body?.model)
      wrong('model_mismatch', `The model '${line.body?.model}' does not match the batch's.`, 'body.model')
    else lines.push(line)
    if (line) ids.add(line.custom_id)
  }
  if (lines.length + errors.length === 0)
    errors.push({ code: 'empty_file', line: null, message: 'The input file is empty.', param: null })
  return { lines, errors }
}

function parsed(text: string): Line | null {
  try {
    const line: unknown = JSON.parse(text)
    return typeof line === 'object' && line !== null && !Array.isArray(line) ? (line as Line) : null
  } catch {
    return null
  }
}

/** A line of an output or an error file. */
export const written = (custom_id: string, outcome: Outcome) => ({
  id: newId('batch_req_'),
  custom_id,
  response:
    'error' in outcome ? null : { status_code: outcome.status_code, request_id: newId('req_'), body: outcome.body },
  error: 'error' in outcome ? outcome.error : null,
})

export const EXPIRED: Outcome = {
  error: {
    code: 'batch_expired',
    message: 'This request could not be executed before the completion window expired.',
  },
}

const USED = { input: 10, cached: 3, output: 5 }

/** What a line is answered where the test does not say: ten tokens in, three of them cached, and five out. */
export function usualAnswer({ url, body }: Line): Outcome {
  const { model } = body
  if (url === '/v1/responses') {
    const usage = responseUsage(USED)
    return {
      status_code: 200,
      body: { id: newId('resp_', 24), object: 'response', status: 'completed', model, output: [], usage },
    }
  }
  if (url === '/v1/embeddings') {
    const data = [{ object: 'embedding', index: 0, embedding: [0.5] }]
    return { status_code: 200, body: { object: 'list', model, data, usage: { prompt_tokens: 10, total_tokens: 10 } } }
  }
  const usage = chatUsage(USED)
  const choices = [{ index: 0, message: { role: 'assistant', content: 'yes' }, finish_reason: 'stop' }]
  return { status_code: 200, body: { id: newId('chatcmpl-'), object: 'chat.completion', model, choices, usage } }
}

const NOTHING = { input: 0, cached: 0, output: 0, reasoning: 0 }

/** The usage of a batch as the original sums it up. */
export function usageOf(outcomes: readonly Outcome[]) {
  const sum = { ...NOTHING }
  for (const outcome of outcomes) {
    const used = 'error' in outcome ? undefined : outcome.body.usage
    sum.input += used?.input_tokens ?? used?.prompt_tokens ?? 0
    sum.output += used?.output_tokens ?? used?.completion_tokens ?? 0
    sum.cached += (used?.input_tokens_details ?? used?.prompt_tokens_details)?.cached_tokens ?? 0
    sum.reasoning += (used?.output_tokens_details ?? used?.completion_tokens_details)?.reasoning_tokens ?? 0
  }
  return responseUsage(sum)
}
