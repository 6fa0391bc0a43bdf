import { ApiError, rateLimited } from '../contract/error.ts'
import type { signIn as routes } from '../contract/sign-in.ts'
import type { Origin } from '../core/audit.ts'
import { hashSecret } from '../core/key.ts'
import type { Db, Row } from '../db/tables.ts'
import { type Account, findAccount } from '../sign-in/account.ts'
import { findLink, useLink } from '../sign-in/link.ts'
import { hashPassword } from '../sign-in/password.ts'
import type { SignIn } from '../sign-in/sign-in.ts'
import { setPassword } from '../sign-in/store.ts'
import type { Handlers } from './handlers.ts'
import { KnownCallerRefused } from './refused.ts'
import { signedIn } from './signed-in.ts'
import { emailKey, members } from './users.ts'

export const signIn: Handlers<typeof routes> = {
  async retrieve({ signIn: { local } }) {
    return { object: 'organization.sign_in', local }
  },

  async create({ db, body, signIn, origin, now }) {
    const { user, password } = await proven(db, signIn, body, origin)
    return {
      organizationId: user.organization_id,
      async finish(tx, newId) {
        await refuseChanged(tx, user, password)
        return signedIn(tx, user, { signIn, origin, now, newId })
      },
    }
  },

  async useLink({ db, body, signIn, origin, now }) {
    refuseWhereOff(signIn)
    const link = await findLink(db, hashSecret(body.token))
    // Whoever guesses costs no more than a look: a password is hashed for who has a link that works.
    if (!link || link.expires_at <= now) throw deadLink()
    const user = await members(db, link.organization_id).where('id', '=', link.user_id).executeTakeFirst()
    if (!user) throw deadLink()
    const hash = await hashPassword(body.password)
    signIn.guard.proven(user.email_key, user.organization_id)
    // Who names no organization means one of those that have the address: only where it is this one that is proven as well.
    const unnamed = await findAccount(db, user.email_key)
    if (unnamed?.user.id === user.id) signIn.guard.proven(user.email_key, undefined)
    return {
      organizationId: link.organization_id,
      async finish(tx, newId) {
        // A user who was removed meanwhile has no link any more.
        if (!(await useLink(tx, link, now))) throw deadLink()
        await setPassword(tx, personOf(user), hash, now)
        return withPassword(user, await signedIn(tx, user, { signIn, origin, now, newId }))
      },
    }
  },

  async changePassword({ db, body, signIn, origin, now }) {
    const { user, password } = await proven(db, signIn, body, origin)
    const hash = await hashPassword(body.new_password)
    return {
      organizationId: user.organization_id,
      async finish(tx, newId) {
        await refuseChanged(tx, user, password)
        await setPassword(tx, personOf(user), hash, now)
        return withPassword(user, await signedIn(tx, user, { signIn, origin, now, newId }))
      },
    }
  },
}

const personOf = ({ organization_id, id }: Pick<Row<'organization_user'>, 'organization_id' | 'id'>) => ({
  organizationId: organization_id,
  userId: id,
})

type Shown = { email: string; password: string; organization_id?: string }

/**
 * The account whose password this is.
 * @throws the same for a wrong password, an account without one, and one that is not there, after the same work
 */
async function proven(db: Db, signIn: SignIn, shown: Shown, { ip }: Origin): Promise<Account & { password: string }> {
  refuseWhereOff(signIn)
  const key = emailKey(shown.email)
  const account = await findAccount(db, key, shown.organization_id)
  const kept = account?.password ?? null
  const { organization_id: organizationId } = shown
  const outcome = await signIn.guard.attempt({ emailKey: key, organizationId, ip, password: shown.password }, kept)
  if ('right' in outcome && outcome.right && account && kept !== null) return { ...account, password: kept }
  const refusal = 'waitMs' in outcome ? tooOften(outcome.waitMs) : wrong()
  throw account ? new KnownCallerRefused(knownAs(account), refusal) : refusal
}

/** While its password was tried the account may have got another one, or have been removed. */
async function refuseChanged(tx: Db, user: Account['user'], password: string) {
  const now = await findAccount(tx, user.email_key, user.organization_id)
  if (now?.user.id !== user.id || now.password !== password) throw wrong()
}

const knownAs = ({ user, defaultProjectId }: Account) => ({
  organizationId: user.organization_id,
  projectId: defaultProjectId,
  by: user.id,
  actor: { type: 'session' as const, session: { user: { id: user.id, email: user.email } } },
})

/** The change with the event that says that the user's password is another. */
function withPassword<C extends object>({ id }: Pick<Row<'organization_user'>, 'id'>, change: C) {
  const set = { type: 'user.updated' as const, payload: { id, changes_requested: { password: 'set' } } }
  return { ...change, also: [set] }
}

/** The hash of a password that somebody is to have. @throws ApiError where nobody signs in with one */
export function newPassword(signIn: SignIn, password: string): Promise<string> {
  refuseWhereOff(signIn)
  return hashPassword(password)
}

/** @throws ApiError where nobody signs in with a password */
export function refuseWhereOff({ local }: SignIn) {
  if (local) return
  throw new ApiError('local_sign_in_off', 'Nobody signs in with a password here: its operator has turned that off.')
}

const wrong = () =>
  new ApiError(
    'invalid_credentials',
    'The address or the password is wrong, or this user has no password yet. Who has lost it asks the operator for a link.',
  )

const deadLink = () =>
  new ApiError(
    'not_found',
    'This link does not work: it was used or replaced, or it has expired. Ask the operator for a new one.',
    { param: 'token' },
  )

function tooOften(waitMs: number) {
  const seconds = Math.ceil(waitMs / 1000)
  return rateLimited(`Too many attempts to sign in. Please try again in ${seconds} s.`, seconds)
}
