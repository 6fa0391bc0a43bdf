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
export const codeNeeded = () => factorNeeded({ codes: true, passkeys: false })

/** The same, by what they have. The parameter is what a program asks them for first. */
export function factorNeeded({ codes, passkeys }: { codes: boolean; passkeys: boolean }): ApiError {
  const code = codes
    ? 'a code of their authenticator app, or one of their recovery codes'
    : 'one of their recovery codes'
  const message = passkeys
    ? `This user has a passkey. Send what it has signed as 'passkey', or ${code} as 'code'.`
    : `This user has a second factor. Send ${code}, as 'code'.`
  return new ApiError('second_factor_required', message, { param: passkeys ? 'passkey' : 'code' })
}

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

export const factorKept = () =>
  new ApiError(
    'second_factor_kept',
    'A second factor is asked of everybody here, so the last one is not removed. Set up another one first, or in its place.',
  )
