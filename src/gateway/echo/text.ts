import { ApiError } from '../../contract/error.ts'
import type { Fields } from '../body/fields.ts'

export const MODEL = 'echo'

/** Tokens of a text, by the estimate used everywhere: a quarter of its characters, rounded up. */
export const tokens = (text: string) => Math.ceil(text.length / 4)

/** Words with the space behind them: what a stream is cut into. */
export const pieces = (text: string) => text.match(/\S+\s*|\s+/g) ?? ['']

export function required(fields: Fields, name: string): unknown {
  if (fields[name] !== undefined && fields[name] !== null) return fields[name]
  throw new ApiError('missing_required_parameter', `Missing required parameter: '${name}'.`, { param: name })
}

/** The text of a message's content: a string, or parts of which those with text count. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part: Fields | null) => (typeof part?.text === 'string' ? part.text : '')).join('')
}

/** The last message of the user, and the text of all messages together. */
export function conversation(messages: unknown, param: string): { last: string; all: string } {
  if (!Array.isArray(messages)) {
    throw new ApiError('invalid_type', `Invalid type for '${param}': expected an array of messages.`, { param })
  }
  const said = messages.map((message: Fields | null) => ({ role: message?.role, text: textOf(message?.content) }))
  return { last: said.findLast(({ role }) => role === 'user')?.text ?? '', all: said.map(({ text }) => text).join('') }
}
