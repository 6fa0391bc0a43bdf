import type { signIn as routes } from '../contract/sign-in.ts'
import type { Db, Row } from '../db/tables.ts'
import { findAccount } from '../sign-in/account.ts'
import { useLink } from '../sign-in/link.ts'
import { isStillVouchedFor } from '../sign-in/link-maker.ts'
import type { SignIn } from '../sign-in/sign-in.ts'
import { setPassword } from '../sign-in/store.ts'
import type { Handlers } from './handlers.ts'
import { livingLink } from './living-link.ts'
import { Passed } from './passed.ts'
import { knownAs, personOf, proven, refuseChanged, refuseWhereOff } from './proven.ts'
import { KnownCallerRefused } from './refused.ts'
import { type Look, lookAtFactor, type Shown } from './shown-factor.ts'
import { deadLink, setupNeeded } from './sign-in-refusals.ts'
import { byThemselves, signedIn } from './signed-in.ts'

type User = Row<'organization_user'>

export const signIn: Handlers<typeof routes> = {
  async retrieve({ signIn: { local, provider, relyingParty } }) {
    const oidc = provider && { issuer: provider.settings.issuer }
    return { object: 'organization.sign_in', local, passkeys: local && 'id' in relyingParty, oidc }
  },

  async create({ db, body, signIn, origin, now }) {
    const claim = await proven(db, body, { signIn, origin, now }, lookAtFactor)
    const { user, person, shown } = claim
    return {
      organizationId: user.organization_id,
      async finish(tx, newId) {
        await refuseChanged(tx, claim)
        const passed = await Passed.by(tx, person, shown, signIn.asksForFactor)
        if (passed === null) throw setupNeeded()
        return signedIn(tx, user, { signIn, origin, now, newId, passed })
      },
    }
  },

  async useLink({ db, body, signIn, origin, now }) {
    refuseWhereOff(signIn)
    // Whoever guesses costs no more than a look: a password is hashed for who has a link that works.
    const { link, user } = await livingLink(db, body.token, signIn, now)
    const person = personOf(user)
    const shown = await shownWithLink(db, user, { signIn, ...body, now })
    // By the link's own name: strangers who try the address leave it its turn.
    const hash = await signIn.guard.hash(link.token_hash, origin.ip, body.password)
    await forgiveAttempts(db, signIn, user)
    return {
      organizationId: link.organization_id,
      async finish(tx, newId) {
        // A user who was removed meanwhile has no link any more; who made it may have lost what it takes.
        if (!(await useLink(tx, link, now)) || !(await isStillVouchedFor(tx, link, signIn, now))) throw deadLink()
        const passed = await Passed.by(tx, person, shown, signIn.asksForFactor)
        await setPassword(tx, person, hash, now)
        const change = await byThemselves(tx, user, passwordSet(user))
        const view = { object: 'organization.sign_in.password' as const, organization_id: user.organization_id }
        const who = { id: user.id, email: user.email, name: user.name }
        // Their password is set all the same: with it they set a second factor up.
        if (passed === null) return { ...change, reply: { ...view, user: who, session: null } }
        const { reply, audit, cookie, also = [] } = await signedIn(tx, user, { signIn, origin, now, newId, passed })
        return {
          ...change,
          reply: { ...view, user: who, session: reply },
          also: [{ type: 'login.succeeded', payload: audit }, ...also],
          ...(cookie && { cookie }),
        }
      },
    }
  },

  async changePassword({ db, body, signIn, origin, now }) {
    const claim = await proven(db, body, { signIn, origin, now }, lookAtFactor)
    const { user, person, shown } = claim
    const hash = await signIn.guard.hash(user.email_key, origin.ip, body.new_password)
    return {
      organizationId: user.organization_id,
      async finish(tx, newId) {
        await refuseChanged(tx, claim)
        const passed = await Passed.by(tx, person, shown, signIn.asksForFactor)
        if (passed === null) throw setupNeeded()
        await setPassword(tx, person, hash, now)
        const change = await signedIn(tx, user, { signIn, origin, now, newId, passed })
        return { ...change, also: [...(change.also ?? []), { type: 'user.updated', payload: passwordSet(user) }] }
      },
    }
  },
}

/** That a user's password is another one, as the log says it. */
const passwordSet = ({ id }: Pick<User, 'id'>) => ({ id, changes_requested: { password: 'set' } })

/** What who has a link shows besides: a link alone gets around no second factor, and is not used up where a code is missing. */
async function shownWithLink(db: Db, user: User, look: Look): Promise<Shown> {
  const tried = await lookAtFactor(db, personOf(user), look)
  if ('right' in tried) return tried.right
  const account = tried.wasGuess ? await findAccount(db, user.email_key, user.organization_id) : null
  throw account ? new KnownCallerRefused(knownAs(account), tried.refused) : tried.refused
}

/** Who it is was proven by a link: their attempts are there again. */
async function forgiveAttempts(db: Db, { guard }: SignIn, user: User) {
  await guard.proven(user.email_key, user.organization_id)
  // Who names no organization means one of those that have the address: only where it is this one that is proven as well.
  const unnamed = await findAccount(db, user.email_key)
  if (unnamed?.user.id === user.id) await guard.proven(user.email_key, undefined)
}
