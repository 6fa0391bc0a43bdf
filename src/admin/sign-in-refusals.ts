import { ApiError, rateLimited } from '../contract/error.ts'

/** Why somebody is not signed in, in the words that are the same wherever it is asked. */

export const wrongPassword = () =>
  new ApiError(
    'invalid_credentials',
    'The address or the password is wrong, or this user has no password yet. Who has lost it asks an owner or the operator for a link.',
  )

export const deadLink = () =>
  new ApiError(
    'not_found',
    'This link does not work: it was used or replaced, it has expired, or who made it may not any more. Ask an owner or the operator for a new one.',
    { param: 'token' },
  )

export function tooOften(waitMs: number): ApiError {
  const seconds = Math.ceil(waitMs / 1000)
  return rateLimited(`Too many attempts to sign in. Please try again in ${seconds} s.`, seconds)
}

/** What came first was right. */
export const codeNeeded = () =>
  new ApiError(
    'second_factor_required',
    "This user has a second factor. Send a code of their authenticator app, or one of their recovery codes, as 'code'.",
    { param: 'code' },
  )

export const wrongCode = () =>
  new ApiError(
    'invalid_second_factor',
    'The code is wrong, or it was used already. An app has a new one every 30 seconds, and needs a clock that is right.',
    { param: 'code' },
  )

/** @returns what is said where nobody comes in without a second factor, to who has none */
export const setupNeeded = () =>
  new ApiError(
    'second_factor_setup_required',
    'A second factor is asked of everybody here, and none was set up or shown. Sign in again, and set one up before anything else.',
  )

export const noFactor = () =>
  new ApiError('no_second_factor', 'This user has no second factor: there is nothing to be changed about it.')
