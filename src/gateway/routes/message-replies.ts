import { keep, list, object, SEALED, type Want } from './want.ts'

const text: Want = { text: 0 }
const thinking: Want = { text: 4 }
/** The whole of a thought, of which a stream may show a summary or nothing. */
const sealed: Want = { text: SEALED }
const usage = keep('message_usage')
const problem = keep('problem')
/** Code that ran in a container of the model server's. */
const container = object({ id: keep('session') })

/** One block of an answer. What a tool is called with is an object, and comes in pieces of text in a stream. */
const block = object({
  ...{ text, thinking, name: text, input: keep('arguments'), partial_json: text },
  ...{ signature: sealed, data: sealed, content: text },
})

const said = { content: list(block), usage, container }

/** A message, whole. */
export const message = object({
  ...said,
  ...{ error: problem, errors: problem, detail: problem, message: keep('message') },
})

/** A stream begins with a message that holds nothing but what was read; what was said is counted behind its pieces. */
export const messageEvent = object({
  ...said,
  type: keep('event'),
  message: object(said),
  content_block: block,
  delta: object({ text, thinking, signature: sealed, partial_json: text, content: text, container }),
  ...{ error: problem, errors: problem, detail: problem },
})
