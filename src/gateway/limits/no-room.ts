import { type ApiError, unavailable } from '../../contract/error.ts'

/** Nothing more can be counted until some windows have drained. */
export function tooManyWindows(): ApiError {
  return unavailable('The server counts as many rate limits as it has room for. Please try again shortly.')
}
