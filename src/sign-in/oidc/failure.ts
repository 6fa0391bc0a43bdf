/** The provider could not be asked, or did not answer as one, or does not know this server: nothing that who signs in could mend. */
export class ProviderDown extends Error {
  /** Whether it was asked just now: who runs the server hears of it then, and not from everybody who comes while it is left alone. */
  readonly isNews: boolean

  constructor(cause: unknown, isNews = true) {
    super(`The provider could not be asked: ${said(cause)}`)
    this.isNews = isNews
  }
}

/** What came back from the provider proves nobody. */
export class NotProven extends Error {}

/** What a token endpoint says of who signs in, and not of this server. */
const OF_THE_CODE = new Set(['invalid_grant'])
/** An endpoint that does not know who asks says so in a header, and in no words: who runs the server has to hear which. */
const UNKNOWN = 'OAUTH_WWW_AUTHENTICATE_CHALLENGE'
const WHOM = ': it does not take the client id and secret of this server, or a token of its own'

/** What is wrong with what came back, or with what was signed. */
const OF_THE_PROOF = new Set([
  'OAUTH_INVALID_RESPONSE',
  'OAUTH_JWT_CLAIM_COMPARISON_FAILED',
  'OAUTH_JWT_TIMESTAMP_CHECK_FAILED',
  'OAUTH_JSON_ATTRIBUTE_COMPARISON_FAILED',
])

/** What a failure of the library is. It keeps no more than words: what it holds else are answers with tokens. */
export function failureOf(error: unknown): Error {
  const ours = oursBehind(error)
  if (ours) return ours
  const { code, error: answer } = (error ?? {}) as { code?: unknown; error?: unknown }
  const isOfProof =
    OF_THE_PROOF.has(`${code}`) || OF_THE_CODE.has(`${answer}`) || code === 'OAUTH_AUTHORIZATION_RESPONSE_ERROR'
  return isOfProof ? new NotProven(said(error)) : new ProviderDown(error)
}

/** What was thrown here, and the library has wrapped. */
export function oursBehind(error: unknown): Error | null {
  for (let one = error; one instanceof Error; one = one.cause) {
    if (one instanceof NotProven || one instanceof ProviderDown) return one
  }
  return null
}

function said(thrown: unknown): string {
  if (!(thrown instanceof Error)) return `${thrown}`
  const { code, error } = thrown as { code?: unknown; error?: unknown }
  const behind = thrown.cause instanceof Error ? ` (${thrown.cause.message})` : ''
  const why = typeof error === 'string' ? `: ${error}` : ''
  return `${thrown.message}${behind}${code === UNKNOWN ? WHOM : why}`.slice(0, 500)
}
