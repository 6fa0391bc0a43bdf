import { type Answer, answerTo, idOf, parts, type Turn, tokens } from './answers.ts'

type Block = { type: string; text?: string; content?: string }

export type MessagesRequest = {
  model: string
  system?: string
  messages: readonly { role: 'user' | 'assistant'; content: string | readonly Block[] }[]
  tools?: readonly { name: string }[]
  stream?: boolean
}

/** A message of the Anthropic API, whole. */
export function messageReply(request: MessagesRequest): object {
  const answer = answerOf(request)
  const block = answer.call
    ? { ...callOf(answer.call.name, request), input: JSON.parse(answer.call.arguments) }
    : { type: 'text', text: answer.text, citations: null }
  return { ...headOf(request), content: [block], stop_reason: stopOf(answer), usage: usageOf(request, answer) }
}

/** The same as its events. */
export function messageEvents(request: MessagesRequest): { type: string }[] {
  const answer = answerOf(request)
  const block = answer.call
    ? { ...callOf(answer.call.name, request), input: {} }
    : { type: 'text', text: '', citations: null }
  const deltas = answer.call
    ? parts(answer.call.arguments).map((partial_json) => ({ type: 'input_json_delta', partial_json }))
    : parts(answer.text).map((text) => ({ type: 'text_delta', text }))
  const { output_tokens } = usageOf(request, answer)
  const begun = { ...usageOf(request, answer), output_tokens: 1 }
  return [
    { type: 'message_start', ...{ message: { ...headOf(request), content: [], stop_reason: null, usage: begun } } },
    { type: 'content_block_start', ...{ index: 0, content_block: block } },
    { type: 'ping' },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index: 0, delta })),
    { type: 'content_block_stop', ...{ index: 0 } },
    {
      type: 'message_delta',
      ...{ delta: { stop_reason: stopOf(answer), stop_sequence: null }, usage: { output_tokens } },
    },
    { type: 'message_stop' },
  ]
}

/** What the count of its tokens is answered with. */
export const messageCount = (request: MessagesRequest): object => ({ input_tokens: inputOf(request) })

const stopOf = (answer: Answer) => (answer.call ? 'tool_use' : 'end_turn')

function answerOf({ system, messages, tools }: MessagesRequest): Answer {
  const turns = messages.map(turnOf)
  const told: Turn[] = system === undefined ? [] : [{ role: 'system', text: system }]
  return answerTo({ turns: [...told, ...turns], tool: tools?.[0]?.name ?? null, formed: false })
}

function turnOf({ role, content }: MessagesRequest['messages'][number]): Turn {
  if (typeof content === 'string') return { role, text: content }
  const isResult = content.some(({ type }) => type === 'tool_result')
  const text = content.map((block) => block.text ?? block.content ?? block.type).join('')
  return { role: isResult ? 'tool' : role, text }
}

const callOf = (name: string, request: MessagesRequest) => ({
  type: 'tool_use',
  id: idOf('toolu_', request.messages),
  name,
  caller: { type: 'direct' },
})

const headOf = (request: MessagesRequest) => ({
  ...{ id: idOf('msg_', request.messages), type: 'message', role: 'assistant', model: request.model },
  ...{ stop_sequence: null, stop_details: null, container: null, diagnostics: null },
})

const inputOf = ({ messages }: MessagesRequest) => messages.reduce((sum, one) => sum + tokens(turnOf(one).text), 0)

function usageOf(request: MessagesRequest, answer: Answer) {
  const output_tokens = tokens(answer.call ? answer.call.arguments : answer.text)
  const cache = { cache_creation_input_tokens: 0, cache_read_input_tokens: 0, cache_creation: null }
  return { input_tokens: inputOf(request), output_tokens, ...cache, service_tier: 'standard' }
}
