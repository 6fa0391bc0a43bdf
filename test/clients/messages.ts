import { type Answer, answerTo, idOf, parts, type Turn, tokens } from './answers.ts'

type Block = { type: string; text?: string; content?: string }

export type MessagesRequest = {
  model: string
  system?: string | readonly Block[]
  messages: readonly { role: 'user' | 'assistant'; content: string | readonly Block[] }[]
  tools?: readonly { name: string }[]
  thinking?: { type: string }
  stream?: boolean
}

/** A message of the Anthropic API, whole. */
export function messageReply(request: MessagesRequest): object {
  const answer = answerOf(request)
  const block = answer.call
    ? { ...callOf(answer.call.name, request), input: JSON.parse(answer.call.arguments) }
    : { type: 'text', text: answer.text, citations: null }
  const content = isToThink(request) ? [{ type: 'thinking', ...THOUGHT }, block] : [block]
  return { ...headOf(request), content, stop_reason: stopOf(answer), usage: usageOf(request, answer) }
}

/** The same as its events. */
export function messageEvents(request: MessagesRequest): { type: string }[] {
  const answer = answerOf(request)
  const { output_tokens } = usageOf(request, answer)
  const begun = { ...usageOf(request, answer), output_tokens: 1 }
  const blocks = isToThink(request) ? [thoughtInParts, inParts(request, answer)] : [inParts(request, answer)]
  return [
    { type: 'message_start', ...{ message: { ...headOf(request), content: [], stop_reason: null, usage: begun } } },
    ...blocks.flatMap(({ block, deltas }, index) => [
      { type: 'content_block_start', index, content_block: block },
      ...(index === 0 ? [{ type: 'ping' }] : []),
      ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
      { type: 'content_block_stop', index },
    ]),
    {
      type: 'message_delta',
      ...{ delta: { stop_reason: stopOf(answer), stop_sequence: null }, usage: { output_tokens } },
    },
    { type: 'message_stop' },
  ]
}

/** A block of a message as it begins, and what is added to it. */
type Parts = { block: object; deltas: readonly object[] }

const inParts = (request: MessagesRequest, answer: Answer): Parts =>
  answer.call
    ? {
        block: { ...callOf(answer.call.name, request), input: {} },
        deltas: parts(answer.call.arguments).map((partial_json) => ({ type: 'input_json_delta', partial_json })),
      }
    : {
        block: { type: 'text', text: '', citations: null },
        deltas: parts(answer.text).map((text) => ({ type: 'text_delta', text })),
      }

/** What it thinks before it says anything, where it is to: a client has to give it back as it was signed. */
const THOUGHT = { thinking: 'A tool may know.', signature: 'c2lnbmVkIGJ5IHRoZSBtb2RlbA==' }
const thoughtInParts: Parts = {
  block: { type: 'thinking', thinking: '', signature: '' },
  deltas: [
    ...parts(THOUGHT.thinking).map((thinking) => ({ type: 'thinking_delta', thinking })),
    { type: 'signature_delta', signature: THOUGHT.signature },
  ],
}
const isToThink = ({ thinking }: MessagesRequest) => thinking?.type === 'enabled'

/** What the count of its tokens is answered with. */
export const messageCount = (request: MessagesRequest): object => ({ input_tokens: inputOf(request) })

const stopOf = (answer: Answer) => (answer.call ? 'tool_use' : 'end_turn')

function answerOf({ system, messages, tools }: MessagesRequest): Answer {
  const turns = messages.map(turnOf)
  const told: Turn[] = system === undefined ? [] : [{ role: 'system', text: textOf(system) }]
  return answerTo({ turns: [...told, ...turns], tool: tools?.[0]?.name ?? null, formed: false })
}

function turnOf({ role, content }: MessagesRequest['messages'][number]): Turn {
  const isResult = typeof content !== 'string' && content.some(({ type }) => type === 'tool_result')
  return { role: isResult ? 'tool' : role, text: textOf(content) }
}

const textOf = (content: string | readonly Block[]): string =>
  typeof content === 'string' ? content : content.map((block) => block.text ?? block.content ?? block.type).join('')

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
