import Anthropic, { APIError } from '@anthropic-ai/sdk'
import type { Place, Scenarios } from './scenario.ts'

const model = 'gpt-4o-mini'
const asked = { model, max_tokens: 100, messages: [{ role: 'user' as const, content: 'hello there' }] }
const tools: Anthropic.Tool[] = [
  { name: 'weather', description: 'The weather of a city', input_schema: { type: 'object', properties: {} } },
]

/** That API's paths begin with `/v1` by themselves. */
const at = ({ url, key }: Place) =>
  new Anthropic({ baseURL: url.replace(/\/v1$/, ''), apiKey: key, authToken: null, maxRetries: 0 })

/** How a call fails: its class, its status, and what kind it is of. */
const failure = (call: PromiseLike<unknown>): Promise<unknown> =>
  Promise.resolve(call).then(
    () => 'no error',
    (error: unknown) => {
      if (!(error instanceof APIError)) throw error
      return [error.constructor.name, error.status, error.type]
    },
  )

export const anthropic: Scenarios = {
  'a message': (place) => at(place).messages.create(asked),
  'a message with a system prompt': (place) => at(place).messages.create({ ...asked, system: 'Be brief.' }),
  'a stream': async (place) => Array.fromAsync(await at(place).messages.create({ ...asked, stream: true })),
  'a stream with its helper': async (place) => {
    const stream = at(place).messages.stream(asked)
    return [await Array.fromAsync(stream), await stream.finalMessage()]
  },
  'a message after a thought': (place) =>
    at(place).messages.create({ ...asked, max_tokens: 2000, thinking: { type: 'enabled', budget_tokens: 1024 } }),
  'a tool that is called, and its result': async (place) => {
    const first = await at(place).messages.create({ ...asked, tools, tool_choice: { type: 'auto' } })
    const [call] = first.content
    if (call?.type !== 'tool_use') throw new Error('no tool was called')
    const result = { type: 'tool_result' as const, tool_use_id: call.id, content: 'sun over Paris' }
    const turns = [
      ...asked.messages,
      { role: 'assistant' as const, content: first.content as Anthropic.ContentBlockParam[] },
      { role: 'user' as const, content: [result] },
    ]
    return [first, await at(place).messages.create({ ...asked, tools, messages: turns })]
  },
  'a tool that is called in a stream': async (place) =>
    at(place)
      .messages.stream({ ...asked, tools })
      .finalMessage(),
  'the count of tokens': (place) => at(place).messages.countTokens({ model, messages: asked.messages }),
  'a key that is none': (place) => failure(at({ ...place, key: 'sk-nobody' }).messages.create(asked)),
}
