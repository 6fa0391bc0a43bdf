import type { RouteName } from '../../src/gateway/routes/table.ts'
import type { Used } from '../../src/gateway/use.ts'
import { otherReplies } from './replies-other.ts'

/** A reply as a model server really sends it, and what the call has then used; what is not named is nothing. */
export type Reply = {
  name: string
  route: RouteName
  body?: unknown
  /** Data of the events, with their names where the server sends them. */
  events?: (unknown | { event: string; data: unknown })[]
  used: Partial<Used>
}

const chat: RouteName = 'chat.completions.create'
const choice = (content: string) => [
  {
    index: 0,
    message: { role: 'assistant', content, refusal: null, annotations: [] },
    logprobs: null,
    finish_reason: 'stop',
  },
]
const chunk = (delta: object, more: object = {}) => ({
  id: 'chatcmpl-1',
  object: 'chat.completion.chunk',
  created: 1741569952,
  model: 'm',
  choices: [{ index: 0, delta, logprobs: null, finish_reason: null }],
  ...more,
})
const last = (usage: object) => ({ ...chunk({}), choices: [], usage })

export const replies: Reply[] = [
  {
    name: 'OpenAI, chat',
    route: chat,
    body: {
      id: 'chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT',
      object: 'chat.completion',
      created: 1741569952,
      model: 'gpt-4.1-2025-04-14',
      choices: choice('Hello! "usage": {"prompt_tokens": 9} \\ {'),
      usage: {
        prompt_tokens: 19,
        completion_tokens: 10,
        total_tokens: 29,
        prompt_tokens_details: { cached_tokens: 8, audio_tokens: 3 },
        completion_tokens_details: {
          reasoning_tokens: 4,
          audio_tokens: 2,
          accepted_prediction_tokens: 0,
          rejected_prediction_tokens: 0,
        },
      },
      service_tier: 'default',
    },
    used: {
      inputTokens: 19,
      cachedInputTokens: 8,
      inputAudioTokens: 3,
      outputTokens: 10,
      outputAudioTokens: 2,
      serviceTier: 'default',
    },
  },
  {
    name: 'OpenAI, chat as events',
    route: chat,
    events: [
      chunk({ role: 'assistant', content: '', refusal: null }, { service_tier: 'flex', usage: null }),
      chunk({ content: 'Hello' }, { service_tier: 'flex', usage: null }),
      last({ prompt_tokens: 19, completion_tokens: 10, total_tokens: 29, prompt_tokens_details: { cached_tokens: 0 } }),
      '[DONE]',
    ],
    used: { inputTokens: 19, outputTokens: 10, serviceTier: 'flex' },
  },
  {
    name: 'vLLM, chat',
    route: chat,
    body: {
      id: 'chatcmpl-7d1c',
      object: 'chat.completion',
      created: 1,
      model: 'm',
      choices: [
        {
          index: 0,
          message: { role: 'assistant', reasoning_content: 'hm', content: 'Hi', tool_calls: [] },
          finish_reason: 'stop',
          stop_reason: null,
        },
      ],
      usage: { prompt_tokens: 5, total_tokens: 15, completion_tokens: 10, prompt_tokens_details: null },
      prompt_logprobs: null,
      kv_transfer_params: null,
    },
    used: { inputTokens: 5, outputTokens: 10 },
  },
  {
    name: 'vLLM, chat as events with continuous usage: the last counts, never the sum',
    route: chat,
    events: [
      chunk({ role: 'assistant' }, { usage: { prompt_tokens: 5, total_tokens: 5, completion_tokens: 0 } }),
      chunk({ content: 'a' }, { usage: { prompt_tokens: 5, total_tokens: 6, completion_tokens: 1 } }),
      chunk({ content: 'b' }, { usage: { prompt_tokens: 5, total_tokens: 7, completion_tokens: 2 } }),
      '[DONE]',
    ],
    used: { inputTokens: 5, outputTokens: 2 },
  },
  {
    name: 'llama.cpp, chat as events',
    route: chat,
    events: [
      chunk({ role: 'assistant', content: null }),
      chunk({ content: 'Hi' }),
      { ...last({ completion_tokens: 7, prompt_tokens: 11, total_tokens: 18 }), timings: { cache_n: 3, prompt_n: 8 } },
      '[DONE]',
    ],
    used: { inputTokens: 11, outputTokens: 7 },
  },
  {
    name: 'Ollama, chat that knows nothing of its cached input: it is counted',
    route: chat,
    body: {
      id: 'chatcmpl-1',
      choices: choice('Hi'),
      usage: { prompt_tokens: 0, completion_tokens: 3, total_tokens: 3 },
    },
    used: { inputTokens: 3, outputTokens: 3 },
  },
  {
    name: 'TGI, completions',
    route: 'completions.create',
    body: {
      object: 'text_completion',
      choices: [{ index: 0, text: 'Hi', logprobs: null, finish_reason: 'eos_token' }],
      usage: { prompt_tokens: 6, completion_tokens: 1, total_tokens: 7 },
    },
    used: { inputTokens: 6, outputTokens: 1 },
  },
  {
    name: 'TGI, chat as events that do not report: input and output are counted',
    route: chat,
    events: [chunk({ role: 'assistant', content: 'one two' }), chunk({ content: ' three four' }), '[DONE]'],
    used: { inputTokens: 3, outputTokens: 4 },
  },
  {
    name: 'tool calls and refusals count as output',
    route: chat,
    events: [
      chunk({ tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'one', arguments: '' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: ' two three' } }] }),
      chunk({ refusal: ' four' }),
      '[DONE]',
    ],
    used: { inputTokens: 3, outputTokens: 4 },
  },
  {
    name: 'several answers are counted each by itself, and thoughts under two names once',
    route: chat,
    events: [
      { choices: [{ index: 0, delta: { content: 'to', reasoning: 'one', reasoning_content: 'one' } }] },
      { choices: [{ index: 1, delta: { content: 'some' } }] },
      { choices: [{ index: 0, delta: { content: 'day' } }] },
      { choices: [{ index: 1, delta: { content: 'thing' } }] },
    ],
    used: { inputTokens: 3, outputTokens: 3 },
  },
  {
    name: 'Moonshot, usage in the last choice',
    route: chat,
    events: [
      { choices: [{ index: 0, delta: {}, usage: { prompt_tokens: 8, completion_tokens: 9, cached_tokens: 2 } }] },
    ],
    used: { inputTokens: 8, cachedInputTokens: 2, outputTokens: 9 },
  },
  {
    name: 'Groq, usage under a name of its own',
    route: chat,
    events: [chunk({ content: 'Hi' }, { x_groq: { id: 'req', usage: { prompt_tokens: 8, completion_tokens: 9 } } })],
    used: { inputTokens: 8, outputTokens: 9 },
  },
  {
    name: 'Gemini and Grok, thoughts outside the output',
    route: chat,
    body: { choices: choice('Hi'), usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 115 } },
    used: { inputTokens: 10, outputTokens: 105 },
  },
  {
    name: 'cached input outside the input',
    route: chat,
    body: {
      choices: choice('Hi'),
      usage: {
        prompt_tokens: 10,
        completion_tokens: 5,
        total_tokens: 1015,
        prompt_tokens_details: { cached_tokens: 1000 },
      },
    },
    used: { inputTokens: 1010, cachedInputTokens: 1000, outputTokens: 5 },
  },
  {
    name: 'usage at the beginning only is not the last word',
    route: chat,
    events: [
      chunk({ content: 'one' }, { usage: { prompt_tokens: 10, completion_tokens: 1, total_tokens: 11 } }),
      chunk({ content: ' two three' }),
    ],
    used: { inputTokens: 10, outputTokens: 3 },
  },
  ...otherReplies,
]

/** The events of a reply as a server writes them. */
export function streamOf(events: Reply['events'] = [], lineEnd = '\n'): Buffer {
  const written = events.map((event) => {
    const named = typeof event === 'object' && event !== null && 'event' in event && 'data' in event
    const data = named ? event.data : event
    const lines = [
      ...(named ? [`event: ${event.event}`] : []),
      `data: ${typeof data === 'string' ? data : JSON.stringify(data)}`,
    ]
    return [...lines, '', ''].join(lineEnd)
  })
  return Buffer.from(written.join(''))
}
