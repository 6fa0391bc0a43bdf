import { Agent, OpenAIProvider, Runner, tool } from '@openai/agents'
import { z } from 'zod'
import type { Place, Scenarios } from './scenario.ts'

const weather = tool({
  name: 'weather',
  description: 'The weather of a city',
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => `sun over ${city}`,
})
const outputType = z.object({ city: z.string(), degrees: z.number() })

const runnerAt = ({ url, key }: Place, useResponses: boolean) =>
  new Runner({
    modelProvider: new OpenAIProvider({ baseURL: url, apiKey: key, useResponses }),
    tracingDisabled: true,
    model: 'gpt-4o-mini',
  })

export const agents: Scenarios = {
  ...runs('responses', (place) => runnerAt(place, true)),
  ...runs('chat', (place) => runnerAt(place, false)),
}

function runs(api: string, runnerOf: (place: Place) => Runner): Scenarios {
  const agent = new Agent({ name: 'Clerk', instructions: 'Be brief.' })
  return {
    [`${api}: an agent`]: async (place) => {
      const { finalOutput, rawResponses } = await runnerOf(place).run(agent, 'hello there')
      return { finalOutput, usage: rawResponses.map(({ usage }) => [usage.inputTokens, usage.outputTokens]) }
    },
    [`${api}: an agent with a tool`]: async (place) => {
      const able = new Agent({ name: 'Clerk', instructions: 'Be brief.', tools: [weather] })
      return (await runnerOf(place).run(able, 'what is the weather?')).finalOutput
    },
    [`${api}: an agent whose answer has a form`]: async (place) =>
      (await runnerOf(place).run(new Agent({ name: 'Clerk', outputType }), 'the weather, please')).finalOutput,
    [`${api}: an agent that streams`]: async (place) => {
      const result = await runnerOf(place).run(agent, 'hello there', { stream: true })
      const texts = await Array.fromAsync(result.toTextStream() as unknown as AsyncIterable<string>)
      await result.completed
      return { texts, finalOutput: result.finalOutput }
    },
    [`${api}: an agent that hands over`]: async (place) => {
      const second = new Agent({ name: 'Second', instructions: 'You are second.' })
      const first = Agent.create({ name: 'First', instructions: 'Hand over.', handoffs: [second] })
      const { finalOutput, lastAgent } = await runnerOf(place).run(first, 'to the other, please', { maxTurns: 4 })
      return { finalOutput, lastAgent: lastAgent?.name }
    },
    [`${api}: a second turn`]: async (place) => {
      const runner = runnerOf(place)
      const { history } = await runner.run(agent, 'I am Ada')
      return (await runner.run(agent, [...history, { role: 'user', content: 'who am I?' }])).finalOutput
    },
  }
}
