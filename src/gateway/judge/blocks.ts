import { type JsonObject, lookalike } from '../body/fields.ts'

/*
 * Parts of messages whose type says how every reader takes them. One whose type a careless reader could find elsewhere is none.
 */

/** Where the bytes of an image stand that a block of that type holds. */
export const IMAGE_SOURCE = 'image_source'
const DOCUMENT_SOURCE = 'document_source'

const isTyped = (part: JsonObject, ...types: string[]) =>
  types.some((type) => type === part.type) && !Object.keys(part).some((key) => lookalike(key) === 'type')

/** A part of a message that is text to every reader: a link that stands in it besides is not followed. */
export const isText = (part: JsonObject, at: string) =>
  at === 'content' && typeof part.text === 'string' && isTyped(part, 'text', 'input_text', 'output_text')

/** Where something was found once, among what is told of it: nobody follows the link once more. A link to an image is followed, whatever it calls itself. */
export const isFound = (part: JsonObject, at: string) =>
  (at === 'content' || at === 'citations') &&
  isTyped(part, 'web_search_result', 'web_search_result_location', 'web_fetch_result')

/** The call of a tool, whose input is any JSON that the model liked. */
export const isToolUse = (part: JsonObject) => isTyped(part, 'tool_use', 'server_tool_use', 'mcp_tool_use')

/** The tools of another server, which says how they are called: names in its `configs` are no fields. */
export const isToolset = (part: JsonObject) => isTyped(part, 'mcp_toolset')

/** Where what a block shows stands: under names of their own for an image, which says how many tokens it can be, and for a document. */
export const sourceOf = (block: JsonObject) => {
  if (isTyped(block, 'image')) return IMAGE_SOURCE
  return isTyped(block, 'document') ? DOCUMENT_SOURCE : 'source'
}

/** The source of a document whose bytes are its text. Of what a careless reader could take for an image they are not. */
export const isTextSource = (source: JsonObject, at: string) => at === DOCUMENT_SOURCE && isTyped(source, 'text')

/** The place as a client writes it. */
export const writtenPlace = (at: string) => (at === IMAGE_SOURCE || at === DOCUMENT_SOURCE ? 'source' : at)
