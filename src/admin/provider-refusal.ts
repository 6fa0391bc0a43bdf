import { ApiError } from '../contract/error.ts'

/** Why somebody who comes from the provider is not signed in, as the audit log says it. The console says it at more length. */
const sentences = {
  unverified_address: 'The provider says no e-mail address that is verified.',
  no_member: 'Who signed in at the provider is no user here.',
  other_account: 'The user with this e-mail address signs in with another account of the provider.',
}

/** Who comes from the provider is not signed in. */
export class SignInRefused extends ApiError {
  readonly why: keyof typeof sentences
  constructor(why: keyof typeof sentences) {
    super('not_a_member', sentences[why])
    this.why = why
  }
}
