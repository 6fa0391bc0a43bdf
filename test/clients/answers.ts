import { createHash } from 'node:crypto'

/** One turn of a conversation, as every route's request comes down to. */
export type Turn = { role: 'system' | 'user' | 'assistant' | 'tool'; text: string }

/** What the model is asked, whatever route asked it. */
export type Question = {
  turns: readonly Turn[]
  /** The name of the tool that it may call; null where there is none. */
  tool: string | null
  /** Whether the answer is to have the form of the test's schema. */
  formed: boolean
}

/** What it says: some text, or the call of a tool. */
export type Answer = { text: string; call: null } | { text: null; call: { name: string; arguments: string } }

/**
 * A model without chance: the same question gets the same answer, and the answer holds all that it was told, so that a turn
 * that went astray on the way shows in it.
 */
export function answerTo({ turns, tool, formed }: Question): Answer {
  const last = turns.at(-1)
  if (last?.role === 'tool') return said(`The tool says: ${last.text}.`)
  if (tool !== null) return { text: null, call: { name: tool, arguments: INPUTS[tool] ?? '{"city":"Paris"}' } }
  if (formed) return said('{"city":"Paris","degrees":21}')
  return said(`You said: ${turns.map(({ role, text }) => `${role}: ${text}`).join(' | ')}`)
}

/** What tools are called with that come with a client and not with the test: a coding agent's. */
const INPUTS: Record<string, string> = { read: '{"path":"note.txt"}', bash: '{"command":"wc -w < note.txt"}' }

const said = (text: string): Answer => ({ text, call: null })

/** Words of a text as a stream brings them. */
export const parts = (text: string): string[] => text.match(/\S+\s*/g) ?? []

/** The same for the same thing, so that two askers get replies that are equal to the last letter. */
export const idOf = (prefix: string, thing: unknown): string =>
  prefix + createHash('sha256').update(JSON.stringify(thing)).digest('hex').slice(0, 32)

/** Tokens of a text, for this model: its words. */
export const tokens = (text: string): number => parts(text).length
