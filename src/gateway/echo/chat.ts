import type { Fields } from '../body/fields.ts'
import { conversation, pieces, required, textOf, tokens } from './text.ts'

type Answer = { body: unknown } | { events: string[] }
const event = (data: unknown) => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`

/** `POST /v1/chat/completions`: answers with the user's last message. */
export function chat(fields: Fields, model: string, id: string, created: number): Answer {
  const { last, all } = conversation(required(fields, 'messages'), 'messages')
  const usage = usageOf(all, last)
  const head = { id: `chatcmpl-${id}`, created, model, system_fingerprint: 'gatehouse-echo' }
  if (fields.stream !== true) {
    const message = { role: 'assistant', content: last, refusal: null }
    const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }]
    return { body: { object: 'chat.completion', ...head, choices, usage } }
  }
  const withUsage = (fields.stream_options as Fields | null | undefined)?.include_usage === true
  const chunk = (delta: Fields, finish_reason: string | null = null) =>
    event({
      object: 'chat.completion.chunk',
      ...head,
      choices: [{ index: 0, delta, logprobs: null, finish_reason }],
      ...(withUsage && { usage: null }),
    })
  return {
    events: [
      chunk({ role: 'assistant', content: '' }),
      ...pieces(last).map((content) => chunk({ content })),
      chunk({}, 'stop'),
      ...(withUsage ? [event({ object: 'chat.completion.chunk', ...head, choices: [], usage })] : []),
      event('[DONE]'),
    ],
  }
}

/** `POST /v1/completions`: answers with the prompt. */
export function completion(fields: Fields, model: string, id: string, created: number): Answer {
  const prompt = required(fields, 'prompt')
  const text = Array.isArray(prompt) ? prompt.filter((part) => typeof part === 'string').join('') : textOf(prompt)
  const usage = usageOf(text, text)
  const head = { id: `cmpl-${id}`, object: 'text_completion', created, model }
  const choice = (part: string, finish_reason: string | null) => ({
    index: 0,
    text: part,
    logprobs: null,
    finish_reason,
  })
  if (fields.stream !== true) return { body: { ...head, choices: [choice(text, 'stop')], usage } }
  const withUsage = (fields.stream_options as Fields | null | undefined)?.include_usage === true
  return {
    events: [
      ...pieces(text).map((part) => event({ ...head, choices: [choice(part, null)] })),
      event({ ...head, choices: [choice('', 'stop')] }),
      ...(withUsage ? [event({ ...head, choices: [], usage })] : []),
      event('[DONE]'),
    ],
  }
}

function usageOf(prompt: string, answer: string) {
  const [prompt_tokens, completion_tokens] = [tokens(prompt), tokens(answer)]
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens }
}
