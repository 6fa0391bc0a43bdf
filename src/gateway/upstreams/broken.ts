import { errors } from 'undici'
import { ApiError } from '../../contract/error.ts'
import { invalidReply, type UpstreamFailure, unreachable } from './failures.ts'
import { ReplyFlaw } from './http1/flaw.ts'

/** What undici says of a status 100 or 101 that nobody asked for. */
const unasked = new Set(['bad response', 'bad upgrade'])

/** What a call is told whose request was begun and whose reply was not. */
export function failureOf(error: Error): UpstreamFailure {
  if (error instanceof errors.HeadersTimeoutError || error instanceof errors.BodyTimeoutError) {
    const message = 'The model server did not answer in time.'
    return { reason: 'timeout', error: new ApiError('upstream_timeout', message, { cause: error }) }
  }
  if (error instanceof errors.SocketError && unasked.has(error.message)) {
    return { reason: 'invalid_reply', error: invalidReply(error) }
  }
  if (error instanceof ReplyFlaw && error.isWrapped) return { reason: 'invalid_reply', error: invalidReply(error) }
  return { reason: 'broke', error: unreachable(withoutBytes(error)) }
}

/** A failure as the log may have it: a parser's brings the bytes along that it could not read, be they a key. */
export function withoutBytes(error: Error): Error {
  if (!('data' in error)) return error
  return Object.assign(new Error(error.message), { code: 'code' in error ? error.code : undefined })
}

/** Whether an error that came before the request was begun is one of the way there, not of the request itself. */
export function isConnection(error: Error): boolean {
  return (
    !(error instanceof errors.UndiciError) ||
    error instanceof errors.ConnectTimeoutError ||
    error instanceof errors.SocketError
  )
}
