import type { Guard } from './guard.ts'
import type { Provider } from './oidc/provider.ts'
import type { RelyingParty } from './relying-party.ts'
import type { SessionRules } from './session.ts'
import type { SessionsTaken } from './standing.ts'

/** What signing in needs of the program around it. With `local`, passwords are taken at all. */
export type SignIn = SessionsTaken & {
  /** By which provider one can begin to sign in here; null: by none, or no console is served, which leads there. */
  provider: Provider | null
  /** For whom passkeys are made; or why there are none. */
  relyingParty: RelyingParty | { whyNot: string }
  rules: SessionRules
  guard: Guard
}
