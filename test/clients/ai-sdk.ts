import { createOpenAI } from '@ai-sdk/openai'
import { createOpenAICompatible } from '@ai-sdk/openai-compatible'
import {
  embedMany,
  generateImage,
  generateSpeech,
  generateText,
  type LanguageModel,
  type ModelMessage,
  Output,
  stepCountIs,
  streamText,
  tool,
  transcribe,
} from 'ai'
import { z } from 'zod'
import type { Place, Scenarios } from './scenario.ts'

const weather = tool({
  description: 'The weather of a city',
  inputSchema: z.object({ city: z.string() }),
  execute: async ({ city }) => `sun over ${city}`,
})
const schema = z.object({ city: z.string(), degrees: z.number() })

/** With all its defaults: the Responses API, whose second turn refers to items of the first. */
const official = ({ url, key }: Place) => createOpenAI({ baseURL: url, apiKey: key })
const compatible = ({ url, key }: Place) =>
  createOpenAICompatible({
    name: 'gate',
    baseURL: url,
    apiKey: key,
    includeUsage: true,
    supportsStructuredOutputs: true,
  })

export const aiSdk: Scenarios = {
  ...talks('responses', (place) => official(place)('gpt-4o-mini')),
  ...talks('chat', (place) => official(place).chat('gpt-4o-mini')),
  'embeddings of several texts': async (place) => {
    const model = official(place).embedding('text-embedding-3-small')
    return (await embedMany({ model, values: ['one', 'two words'] })).embeddings
  },
  'an image': async (place) => {
    const { image } = await generateImage({ model: official(place).image('gpt-image-1'), prompt: 'a lighthouse' })
    return image.base64
  },
  speech: async (place) => {
    const { audio } = await generateSpeech({ model: official(place).speech('tts-1'), text: 'good evening' })
    return audio.base64
  },
  transcription: async (place) => {
    const model = official(place).transcription('whisper-1')
    return (await transcribe({ model, audio: Buffer.from('RIFF0000WAVE') })).text
  },
}

export const aiSdkCompatible: Scenarios = talks('chat', (place) => compatible(place)('gpt-4o-mini'))

/** What people do with a model that talks. */
function talks(api: string, modelAt: (place: Place) => LanguageModel): Scenarios {
  return {
    [`${api}: a text`]: async (place) => {
      const { text, usage, finishReason } = await generateText({ model: modelAt(place), prompt: 'hello there' })
      return { text, finishReason, ...counted(usage) }
    },
    [`${api}: a stream`]: async (place) => {
      const { textStream, usage, finishReason } = streamText({ model: modelAt(place), prompt: 'hello there' })
      return {
        parts: await Array.fromAsync(textStream),
        finishReason: await finishReason,
        ...counted(await usage),
      }
    },
    [`${api}: a tool that is called, and its answer`]: async (place) => {
      const { text, steps } = await generateText({
        model: modelAt(place),
        prompt: 'what is the weather?',
        tools: { weather },
        stopWhen: stepCountIs(3),
      })
      return { text, calls: steps.flatMap(({ toolCalls }) => toolCalls.map(({ input }) => input)) }
    },
    [`${api}: structured output`]: async (place) => {
      const asked = { model: modelAt(place), prompt: 'the weather, please', output: Output.object({ schema }) }
      return (await generateText(asked)).output
    },
    [`${api}: a second turn and a third`]: async (place) => {
      const model = modelAt(place)
      const messages: ModelMessage[] = []
      const texts: string[] = []
      for (const content of ['I am Ada', 'who am I?', 'and who are you?']) {
        messages.push({ role: 'user', content })
        const { text, responseMessages } = await turn(model, messages)
        messages.push(...responseMessages)
        texts.push(text)
      }
      return texts
    },
    [`${api}: a second turn behind a stream`]: async (place) => {
      const model = modelAt(place)
      const first = streamText({ model, prompt: 'I am Ada' })
      const said = (await first.response).messages
      const messages: ModelMessage[] = [{ role: 'user', content: 'I am Ada' }, ...said]
      const { textStream } = streamText({ model, messages: [...messages, { role: 'user', content: 'who am I?' }] })
      return Array.fromAsync(textStream)
    },
    [`${api}: an error`]: async (place) => {
      const failing = modelAt({ ...place, key: 'sk-nobody' })
      return await generateText({ model: failing, prompt: 'x', maxRetries: 0 }).then(
        () => 'no error',
        (error: { statusCode?: number }) => error.statusCode,
      )
    },
  }
}

async function turn(model: LanguageModel, messages: ModelMessage[]) {
  const { text, response } = await generateText({ model, messages })
  return { text, responseMessages: response.messages }
}

const counted = ({
  inputTokens,
  outputTokens,
}: {
  inputTokens?: number | undefined
  outputTokens?: number | undefined
}) => ({
  inputTokens,
  outputTokens,
})
