import { keep, list, object, type Want } from './want.ts'

const text: Want = { text: 0 }
const usage = keep('usage')
const tier = { service_tier: keep('service_tier') }

/** A string, or parts of which those with text count. */
const content: Want = { ...text, ...list(object({ text, refusal: text })) }

const named = object({ name: text, arguments: text, input: text })
const message = object({
  content,
  refusal: text,
  reasoning_content: { text: 1 },
  reasoning: { text: 2 },
  function_call: named,
  tool_calls: list(object({ function: named, custom: named })),
  audio: object({ transcript: text }),
})
/** Some model servers put the usage into the last choice (Moonshot), others beside it under a name of their own (Groq). */
const choice = object({ index: keep('index'), delta: message, message, text, usage })

/** Chat completions and completions, whole and as events: their differences are names. */
export const completion = object({
  choices: list(choice, 'choices'),
  usage,
  x_groq: object({ usage }),
  ...tier,
})

const item = { id: keep('item_id'), type: keep('item'), container_id: keep('container') }
const output = list(
  object({
    ...item,
    content,
    summary: content,
    name: text,
    arguments: text,
    input: text,
    code: text,
  }),
  'output',
)

export const response = object({ id: keep('id'), output, usage, ...tier })

/** An event holds the whole response at the beginning and at the end, and pieces of text and single items in between. */
export const responseEvent = object({
  type: keep('event'),
  delta: text,
  item: object(item),
  response: object({ id: keep('id'), output: list(object(item), 'output'), usage, ...tier }),
})

const itemId = object({ id: keep('item_id') })

/** A response that is shown again, whole or as its events: the items that came with it. */
export const shownResponse = object({ output: list(itemId) })
export const shownEvent = object({ item: itemId, response: shownResponse })

/** A page of items. */
export const shownItems = object({ data: list(itemId) })

/** Embeddings and moderations. */
export const usageOnly = object({ usage })

export const images = object({ data: list({}, 'data'), usage })

export const imageEvent = object({ type: keep('event'), usage })

/** Speech as events, transcriptions, translations. */
export const audio = object({ duration: keep('duration'), usage })
