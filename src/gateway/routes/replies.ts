import { IN_ITEM, IN_RESPONSE, keep, list, object, SEEN, type Want } from './want.ts'

const text: Want = { text: 0 }
const usage = keep('usage')
const tier = { service_tier: keep('service_tier') }
const seen: Want = { text: SEEN }
const listed = list({}, 'seen')
const problem = keep('problem')
/** Where servers put what went wrong, be the status a good one; a good reply has none of them, or null there. */
const failure = { error: problem, errors: problem, detail: problem, message: keep('message') }

/** Thoughts as a part of what is said: a string, or parts of their own (Mistral). */
const thinking: Want = { text: 4, ...list(object({ text: { text: 4 } })) }
/** A string, or parts of which those with text count. */
const contentIn = (text: Want, more: Record<string, Want> = {}): Want => ({
  ...text,
  ...list(object({ text, refusal: text, ...more })),
})
const content = contentIn(text, { thinking })

const named = object({ name: text, arguments: text, input: text })
const message = object({
  content,
  refusal: text,
  reasoning_content: { text: 1 },
  reasoning: { text: 2 },
  reasoning_text: { text: 3 },
  thinking,
  function_call: named,
  tool_calls: list(object({ function: named, custom: named })),
  audio: object({ transcript: text, data: seen }),
  images: listed,
  reasoning_details: listed,
})
/** Some model servers put the usage into the last choice (Moonshot), others beside it under a name of their own (Groq). */
const choice = object({ index: keep('index'), delta: message, message, text, usage, error: problem })

/** Chat completions and completions, whole and as events: their differences are names. */
const completed = {
  choices: list(choice, 'choices'),
  usage,
  x_groq: object({ usage, error: problem }),
  ...tier,
  ...failure,
}
export const completion = object(completed)
/** The same with its name, by which it is kept. */
export const chat = object({ id: keep('chat_id'), ...completed })

/** Where a text names a file of a container. */
const annotation = keep('annotation')
const cited = { annotations: list(annotation) }
const item = {
  ...{ id: keep('item_id'), type: keep('item'), container_id: keep('container') },
  environment: object({ container_id: keep('container') }),
}
/** One item of an answer, with all that the model says in it. */
const itemIn = (text: Want): Want =>
  object({
    ...item,
    ...{ content: contentIn(text, cited), summary: contentIn(text) },
    ...{ name: text, arguments: text, input: text, code: text },
  })
const outputIn = (text: Want): Want => list(itemIn(text), 'output')

const state = { status: keep('status'), error: problem }

export const response = object({ id: keep('id'), output: outputIn(text), usage, ...tier, ...failure, ...state })

/** An event holds the whole response at the beginning and at the end, and pieces of text and single items in between. */
export const responseEvent = object({
  type: keep('event'),
  delta: text,
  partial_image_b64: seen,
  item: itemIn({ text: IN_ITEM }),
  annotation,
  part: object(cited),
  response: object({ id: keep('id'), output: outputIn({ text: IN_RESPONSE }), usage, ...tier, ...state }),
  ...failure,
})

const itemId = object({ id: keep('item_id') })
/** An item of an answer, and the containers and their files that it names. What clients put in themselves names none that is not theirs. */
const answered = object({
  ...{ id: keep('item_id'), container_id: keep('container') },
  environment: object({ container_id: keep('container') }),
  content: list(object(cited)),
})

/** An item by itself. */
export const shownItem = itemId

/** A response that is shown again, whole or as its events: the items that came with it, and the conversation that they are in. */
export const shownResponse = object({ output: list(answered), conversation: object({ id: keep('conversation_id') }) })
export const shownEvent = object({ item: answered, annotation, part: object(cited), response: shownResponse })

/** A page of items. */
export const shownItems = object({ data: list(itemId) })

/** A page of files of a container. */
export const shownContainerFiles = object({ data: list(object({ id: keep('container_file_id') })) })

/** Embeddings and moderations. */
export const usageOnly = object({ usage, data: listed, results: listed, ...failure })

const pictures = { data: list({}, 'data'), usage, ...failure }
export const images = object(pictures)

/** One picture, or from a server that makes no events of its own the whole reply. */
export const imageEvent = object({ type: keep('event'), b64_json: seen, ...pictures })

/** Speech as events, transcriptions, translations. */
export const audio = object({
  ...{ type: keep('event'), duration: keep('duration'), usage, ...failure },
  ...{ text: seen, delta: seen, audio: seen, segments: listed, words: listed },
})
