import type { Session } from '../contract/sessions.ts'
import type { Origin } from '../core/audit.ts'
import type { ChangeScope } from '../db/changed.ts'
import type { Claims } from '../sign-in/oidc/claims.ts'
import type { ProviderSettings } from '../sign-in/oidc/provider.ts'
import type { SignIn } from '../sign-in/sign-in.ts'
import { followGroups } from './group-claim.ts'
import type { PublicChange } from './handlers.ts'
import { type Mutator, mutate } from './mutation.ts'
import { Passed } from './passed.ts'
import { SignInRefused } from './provider-refusal.ts'
import { organizationFor, userOf } from './provider-user.ts'
import { signedIn } from './signed-in.ts'

type App = Mutator & { signIn: SignIn; changed: { publish: (scope: ChangeScope) => void } }
type Coming = {
  claims: Claims
  /** The organization that is asked for; null: whichever they are somebody in. */
  wanted: string | null
  origin: Origin
  /** Unix seconds. */
  now: number
}

/**
 * Signs in who comes from the provider, and puts them into the groups that it says.
 * @throws SignInRefused, in a KnownCallerRefused where it is known whom it concerns
 */
export async function signInFrom(app: App, settings: ProviderSettings, coming: Coming): Promise<PublicChange<Session>> {
  const { claims, wanted, origin, now } = coming
  const entered = await organizationFor(app.db, settings, claims, wanted)
  if (entered === null) throw new SignInRefused(claims.email && claims.isVerified ? 'no_member' : 'unverified_address')
  const { organizationId, takesIn } = entered
  let scope: ChangeScope | null = null
  try {
    return await mutate(app, { type: 'login.succeeded', organizationId }, async (tx, newId) => {
      const organization = await tx
        .selectFrom('organization')
        .selectAll()
        .where('id', '=', organizationId)
        .executeTakeFirstOrThrow()
      const { user, also } = await userOf(tx, organization, settings, claims, { takesIn, now, newId })
      const groups = { named: Object.values(settings.groups), said: claims.groupIds }
      const moved = await followGroups(tx, { organizationId, userId: user.id }, groups, now)
      const by = { issuer: settings.issuer, sid: claims.sid }
      const at = { signIn: app.signIn, origin, now, newId, passed: Passed.byProvider() }
      const change = await signedIn(tx, user, at, by)
      const { defaultProjectId, actor } = change
      const where = { organizationId, projectId: null }
      // A session alone is nothing that anybody remembers.
      if (moved.length > 0) scope = where
      return {
        change: { ...change, also: [...also, ...moved] },
        by: { ...where, defaultProjectId, actor, origin },
        unheard: moved.length === 0,
      }
    })
  } finally {
    // Also when the commit failed: whether it took effect may be unknown then.
    if (scope) app.changed.publish(scope)
  }
}
