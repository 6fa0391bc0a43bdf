import { ApiError } from '../../contract/error.ts'

/** What is wrong with a batch, as the original tells it: of one line, from 1, or of all. */
export type LineError = { code: string; line: number | null; message: string; param: string | null }

/** Refused lines that a batch tells of, at most: beyond, no more are judged. */
export const MOST_ERRORS = 100

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
