import type { Guard } from './guard.ts'
import type { Provider } from './oidc/provider.ts'
import type { SessionRules } from './session.ts'

/** What signing in needs of the program around it. */
export type SignIn = {
  /** Whether passwords are taken at all. */
  local: boolean
  /** Whether a second factor is asked of everybody, whatever their organization says. */
  asksForFactor: boolean
  /** By which provider; null: by none. */
  provider: Provider | null
  rules: SessionRules
  guard: Guard
}
