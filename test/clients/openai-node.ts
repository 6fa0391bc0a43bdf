import OpenAI, { toFile } from 'openai'
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod'
import { z } from 'zod'
import type { Place, Scenarios } from './scenario.ts'

const schema = z.object({ city: z.string(), degrees: z.number() })
const model = 'gpt-4o-mini'
const messages = [{ role: 'user' as const, content: 'hello there' }]

const at = ({ url, key }: Place) => new OpenAI({ baseURL: url, apiKey: key, maxRetries: 0 })

export const openaiNode: Scenarios = {
  'chat: a text': (place) => at(place).chat.completions.create({ model, messages }),
  'chat: a stream with its helper': async (place) => {
    const stream = at(place).chat.completions.stream({ model, messages, stream_options: { include_usage: true } })
    return [await Array.fromAsync(stream), await stream.finalChatCompletion()]
  },
  'chat: a stream whose use nobody asked for': async (place) =>
    Array.fromAsync(await at(place).chat.completions.create({ model, messages, stream: true })),
  'chat: structured output': async (place) =>
    (await at(place).chat.completions.parse({ model, messages, response_format: zodResponseFormat(schema, 'w') }))
      .choices[0]?.message.parsed,
  'responses: a text': (place) => at(place).responses.create({ model, input: 'hello there' }),
  'responses: a stream with its helper': async (place) => {
    const stream = at(place).responses.stream({ model, input: 'hello there' })
    return [await Array.fromAsync(stream), await stream.finalResponse()]
  },
  'responses: structured output': async (place) =>
    (await at(place).responses.parse({ model, input: 'weather', text: { format: zodTextFormat(schema, 'w') } }))
      .output_parsed,
  'responses: a second turn by the id of the first': async (place) => {
    const { id } = await at(place).responses.create({ model, input: 'I am Ada' })
    return at(place).responses.create({ model, input: 'who am I?', previous_response_id: id })
  },
  'responses: a second turn by items of the first': async (place) => {
    const first = await at(place).responses.create({ model, input: 'I am Ada', reasoning: { effort: 'low' } })
    const items = first.output.map(({ id }) => ({ type: 'item_reference' as const, id: id ?? '' }))
    const input = [{ role: 'user' as const, content: 'I am Ada' }, ...items, { role: 'user' as const, content: 'who?' }]
    return at(place).responses.create({ model, input })
  },
  embeddings: (place) => at(place).embeddings.create({ model: 'text-embedding-3-small', input: ['one', 'two words'] }),
  'an image': (place) => at(place).images.generate({ model: 'gpt-image-1', prompt: 'a lighthouse' }),
  speech: async (place) => {
    const reply = await at(place).audio.speech.create({ model: 'tts-1', voice: 'alloy', input: 'good evening' })
    return Buffer.from(await reply.arrayBuffer()).toString('base64')
  },
  transcription: async (place) =>
    at(place).audio.transcriptions.create({ model: 'whisper-1', file: await toFile(Buffer.from('RIFF'), 'a.wav') }),
  'an error': (place) =>
    at({ ...place, key: 'sk-nobody' })
      .models.list()
      .then(
        () => 'no error',
        (error: { status: number }) => error.status,
      ),
}
