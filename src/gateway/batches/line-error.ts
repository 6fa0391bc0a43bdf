import { ApiError } from '../../contract/error.ts'

/** What is wrong with a batch, as the original tells it: of one line, from 1, or of all. */
export type LineError = { code: string; line: number | null; message: string; param: string | null }

/** Refused lines that a batch tells of, at most: beyond, no more are judged. */
export const MOST_ERRORS = 100

/** Bytes of all that a batch tells of it, at most, and characters of one text. */
const MOST_BYTES = 32_768
const LONGEST = 1000

/** What is kept of what is wrong with a batch: the first of it, as far as there is room. */
export function keptErrors(errors: readonly LineError[]): string {
  const kept: string[] = []
  let room = MOST_BYTES
  for (const error of errors) {
    const text = JSON.stringify({ ...error, message: error.message.slice(0, LONGEST) })
    room -= Buffer.byteLength(text)
    if (room < 0 && kept.length > 0) break
    kept.push(text)
  }
  return `[${kept.join()}]`
}

/** A line that is wrong, whatever its body asks for. */
export class WrongLine extends Error {
  readonly code: string
  readonly param: string | null

  constructor(code: string, message: string, param: string | null = null) {
    const depth = Error.stackTraceLimit
    Error.stackTraceLimit = 0
    super(message)
    Error.stackTraceLimit = depth
    this.code = code
    this.param = param
  }
}

/**
 * What a batch tells of a refusal.
 * @param within what stands before the parameter that was refused: `body.`
 * @throws what is no refusal
 */
export function errorOf(refusal: unknown, line: number | null, within = ''): LineError {
  if (refusal instanceof WrongLine) return { code: refusal.code, line, message: refusal.message, param: refusal.param }
  if (!(refusal instanceof ApiError) || refusal.status >= 500) throw refusal
  const { code, failure, message, param } = refusal
  return { code: code ?? failure, line, message, param: param === null ? null : within + param }
}
