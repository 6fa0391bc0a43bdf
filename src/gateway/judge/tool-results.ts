import { type Fields, isObject } from '../body/fields.ts'
import { wrongValue } from '../invalid.ts'

/**
 * Results of tools stand in messages of the user's, by the Anthropic API. Elsewhere some model servers (vLLM) write one down as
 * it is, the bytes of its images too, a token for every character or two.
 * @throws ApiError 400 that names the block
 */
export function refuseResultsElsewhere({ messages }: Fields): void {
  if (!Array.isArray(messages)) return
  for (let i = 0; i < messages.length; i++) {
    const message: unknown = messages[i]
    if (!isObject(message) || message.role === 'user' || !Array.isArray(message.content)) continue
    const j = message.content.findIndex(isToolResult)
    if (j >= 0)
      throw wrongValue(`messages[${i}].content[${j}].type`, "a 'tool_result' stands in a message of the user's.")
  }
}

/** Whether a part of a message is the result of a tool that the client ran. */
export const isToolResult = (part: unknown): boolean => isObject(part) && part.type === 'tool_result'
