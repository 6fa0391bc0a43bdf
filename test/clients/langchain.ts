import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai'
import { z } from 'zod'
import type { Place, Scenarios } from './scenario.ts'

const weather = tool(async ({ city }) => `sun over ${city}`, {
  name: 'weather',
  description: 'The weather of a city',
  schema: z.object({ city: z.string() }),
})
const schema = z.object({ city: z.string(), degrees: z.number() })

const chatAt = ({ url, key }: Place, useResponsesApi: boolean) =>
  new ChatOpenAI({ model: 'gpt-4o-mini', apiKey: key, configuration: { baseURL: url }, useResponsesApi, maxRetries: 0 })

export const langchain: Scenarios = {
  ...talks('chat', (place) => chatAt(place, false)),
  ...talks('responses', (place) => chatAt(place, true)),
  embeddings: ({ url, key }) =>
    new OpenAIEmbeddings({
      model: 'text-embedding-3-small',
      apiKey: key,
      configuration: { baseURL: url },
    }).embedDocuments(['one', 'two words']),
}

function talks(api: string, modelAt: (place: Place) => ChatOpenAI): Scenarios {
  return {
    [`${api}: a text`]: async (place) => told(await modelAt(place).invoke('hello there')),
    [`${api}: a stream`]: async (place) => {
      const chunks = await Array.fromAsync(await modelAt(place).stream('hello there'))
      return chunks.map(told)
    },
    [`${api}: a tool that is called, and its answer`]: async (place) => {
      const model = modelAt(place).bindTools([weather])
      const messages: BaseMessage[] = [new HumanMessage('what is the weather?')]
      const asked = await model.invoke(messages)
      messages.push(asked)
      for (const call of asked.tool_calls ?? []) {
        messages.push(
          new ToolMessage({ content: await weather.invoke(call.args as never), tool_call_id: call.id ?? '' }),
        )
      }
      return { calls: asked.tool_calls, answer: told(await model.invoke(messages)) }
    },
    [`${api}: structured output`]: (place) =>
      modelAt(place).withStructuredOutput(schema, { method: 'jsonSchema' }).invoke('the weather, please'),
    [`${api}: a second turn`]: async (place) => {
      const model = modelAt(place)
      const first = await model.invoke('I am Ada')
      return told(await model.invoke([new HumanMessage('I am Ada'), first, new HumanMessage('who am I?')]))
    },
  }
}

const told = (message: BaseMessage) => ({
  content: message.content,
  usage: AIMessage.isInstance(message) ? message.usage_metadata : null,
})
