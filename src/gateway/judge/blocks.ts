import { type JsonObject, lookalike } from '../body/fields.ts'

/*
 * Parts of messages whose type says how every reader takes them. One whose type a careless reader could find elsewhere is none.
 */

/** Where the bytes of an image stand that a block of that type holds. */
export const IMAGE_SOURCE = 'image_source'

const isTyped = (part: JsonObject, ...types: string[]) =>
  types.some((type) => type === part.type) && !Object.keys(part).some((key) => lookalike(key) === 'type')

/** A part of a message that is text to every reader: a link that stands in it besides is not followed. */
export const isText = (part: JsonObject, at: string) =>
  at === 'content' && typeof part.text === 'string' && isTyped(part, 'text', 'input_text', 'output_text')

/** Where something was found once: nobody follows the link once more. */
export const isFound = (part: JsonObject) =>
  isTyped(part, 'web_search_result', 'web_search_result_location', 'web_fetch_result')

/** The call of a tool, whose input is any JSON that the model liked. */
export const isToolUse = (part: JsonObject) => isTyped(part, 'tool_use', 'server_tool_use', 'mcp_tool_use')

/** Where what a block shows stands: under a name of its own for an image, which says how many tokens it can be. */
export const sourceOf = (block: JsonObject) => (isTyped(block, 'image') ? IMAGE_SOURCE : 'source')

/** The source of a document whose bytes are its text. */
export const isTextSource = (source: JsonObject, at: string) => at === 'source' && isTyped(source, 'text')
