import { type Answer, answerTo, idOf, parts, type Turn, tokens } from './answers.ts'

type Part = { type: string; text?: string }
type Message = { role: string; content: string | readonly Part[] | null; tool_calls?: unknown }

export type ChatRequest = {
  model: string
  messages: readonly Message[]
  tools?: readonly { function: { name: string } }[]
  response_format?: { type: string }
  stream?: boolean
  stream_options?: { include_usage?: boolean }
}

/** The reply to a chat completion, whole. */
export function chatReply(request: ChatRequest): object {
  const answer = answerOf(request)
  const message = answer.call
    ? { role: 'assistant', content: null, refusal: null, tool_calls: [{ ...callOf(request), index: undefined }] }
    : { role: 'assistant', content: answer.text, refusal: null }
  return {
    ...headOf(request, 'chat.completion'),
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishOf(answer) }],
    usage: usageOf(request),
  }
}

/** The same as the data of its events. */
export function chatEvents(request: ChatRequest): object[] {
  const answer = answerOf(request)
  const head = headOf(request, 'chat.completion.chunk')
  const usage = request.stream_options?.include_usage ? { usage: null } : {}
  const chunk = (delta: object, finish: string | null = null) => ({
    ...head,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: finish }],
    ...usage,
  })
  const said = answer.call
    ? [chunk({ tool_calls: [callOf(request)] })]
    : parts(answer.text).map((content) => chunk({ content }))
  return [
    chunk({ role: 'assistant', content: answer.call ? null : '' }),
    ...said,
    chunk({}, finishOf(answer)),
    ...(request.stream_options?.include_usage ? [{ ...head, choices: [], usage: usageOf(request) }] : []),
  ]
}

const finishOf = (answer: Answer) => (answer.call ? 'tool_calls' : 'stop')

const answerOf = (request: ChatRequest) =>
  answerTo({
    turns: request.messages.map(turnOf),
    tool: request.tools?.[0]?.function.name ?? null,
    formed: request.response_format?.type === 'json_schema',
  })

function turnOf({ role, content }: Message): Turn {
  const text = typeof content === 'string' ? content : (content ?? []).map((part) => part.text ?? part.type).join('')
  return { role: role === 'developer' ? 'system' : (role as Turn['role']), text }
}

function callOf(request: ChatRequest) {
  const { call } = answerOf(request)
  return { index: 0, id: idOf('call_', request.messages), type: 'function', function: call }
}

const headOf = ({ model, messages }: ChatRequest, object: string) => ({
  id: idOf('chatcmpl-', messages),
  object,
  created: 1_760_000_000,
  model,
  service_tier: 'default',
  system_fingerprint: 'fp_test',
})

function usageOf(request: ChatRequest) {
  const answer = answerOf(request)
  const prompt = request.messages.reduce((sum, message) => sum + tokens(turnOf(message).text), 0)
  const completion = tokens(answer.text ?? answer.call.arguments)
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
    completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0 },
  }
}
