import { ApiError } from '../contract/error.ts'

/** Why a passkey is not taken, or not asked for. */

/** @param whyNot a sentence */
export const passkeysOff = (whyNot: string) => new ApiError('passkeys_off', whyNot)

export const noPasskey = () =>
  new ApiError(
    'no_passkey',
    'This user has no passkey for the address of this server. Send a code of their authenticator app, or one of their recovery codes.',
  )

export const wrongPasskey = () =>
  new ApiError(
    'invalid_second_factor',
    'The passkey is not one of this user, or it was shown too late, twice, or on a page of another address. Try again.',
    { param: 'passkey' },
  )

/** Two devices with one key: what one has signed the other has not counted. It is told apart from what else was wrong, which is no word on a copy. */
export class CopiedPasskey extends ApiError {
  constructor() {
    const message =
      'The passkey says that it has signed less often than when it was used last, so that another device may hold a copy of it. Remove it, and add another one.'
    super('invalid_second_factor', message, { param: 'passkey' })
  }
}

export const invalidPasskey = () =>
  new ApiError(
    'invalid_passkey',
    'The passkey was not added: it has not signed what it was asked to, in time and on a page of this server. Begin anew.',
    { param: 'made' },
  )

export const knownPasskey = () =>
  new ApiError('already_exists', 'This user has this passkey already.', { param: 'made' })

/** @param most how many one may have */
export const tooManyPasskeys = (most: number) =>
  new ApiError(
    'too_many_passkeys',
    `This user has ${most} passkeys, which is the maximum. Remove one that is not needed any more.`,
  )
