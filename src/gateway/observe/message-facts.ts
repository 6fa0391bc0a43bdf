import { amount } from './amount.ts'

/** What the report of a message (Anthropic) says besides tokens. */
export type MessageFacts = {
  serviceTier: string | null
  /** Searches of the web that the model server made for it. */
  webSearches: number
}

/** @param before what an earlier report of the same message said: a server says all of it so far each time, or leaves it out */
export function messageFacts(value: unknown, before: MessageFacts | null): MessageFacts {
  const { service_tier: tier, server_tool_use: tools } = fieldsOf(value)
  const searches = amount(fieldsOf(tools).web_search_requests) ?? 0
  return {
    serviceTier: typeof tier === 'string' ? tier : (before?.serviceTier ?? null),
    webSearches: Math.max(searches, before?.webSearches ?? 0),
  }
}

const fieldsOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

const NOTHING = Buffer.alloc(0)

/**
 * What a tool is called with, as the text that the model said, escaped as in JSON. A stream begins each call with an empty
 * object, and says the rest in pieces.
 */
export function argumentsText(value: unknown): Buffer {
  if (Object.keys(fieldsOf(value)).length === 0) return NOTHING
  return Buffer.from(JSON.stringify(JSON.stringify(value)).slice(1, -1))
}
