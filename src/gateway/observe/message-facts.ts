import { fieldsOf, some } from './usage-object.ts'

/** What the report of a message (Anthropic) says besides tokens. */
export type MessageFacts = {
  serviceTier: string | null
  /** Searches of the web that the model server made for it. */
  webSearches: number
}

/** @param before what an earlier report of the same message said: a server says all of it so far each time, or leaves it out */
export function messageFacts(value: unknown, before: MessageFacts | null): MessageFacts {
  const { service_tier: tier, server_tool_use: tools } = fieldsOf(value)
  const searches = some(fieldsOf(tools).web_search_requests)
  return {
    serviceTier: typeof tier === 'string' ? tier : (before?.serviceTier ?? null),
    webSearches: Math.max(searches, before?.webSearches ?? 0),
  }
}

const NOTHING = Buffer.alloc(0)

/**
 * What a tool is called with, as the text that the model said, escaped as in JSON. A stream begins each call with an empty
 * object, and says the rest in pieces.
 */
export function argumentsText(value: unknown): Buffer {
  if (Object.keys(fieldsOf(value)).length === 0) return NOTHING
  return Buffer.from(JSON.stringify(JSON.stringify(value)).slice(1, -1))
}
