import { ApiError } from '../contract/error.ts'
import type { Origin } from '../core/audit.ts'
import type { Db, Row } from '../db/tables.ts'
import { type Account, findAccount } from '../sign-in/account.ts'
import type { Tried } from '../sign-in/guard.ts'
import { isPassword } from '../sign-in/password.ts'
import type { Person } from '../sign-in/session.ts'
import type { SignIn } from '../sign-in/sign-in.ts'
import type { Assertion } from '../sign-in/webauthn.ts'
import { type Known, KnownCallerRefused, signedInActor } from './refused.ts'
import type { Look } from './shown-factor.ts'
import { tooOften, wrongPassword } from './sign-in-refusals.ts'
import { emailKey } from './users.ts'

/** What is shown: a password, and a code or a passkey where one is asked for. */
type Claimed = { email: string; password: string; organization_id?: string; code?: string; passkey?: Assertion }
/** What it is looked at with. */
type At = { signIn: SignIn; origin: Origin; now: number }
/** Whose password it was, as it is kept, and what they have shown besides. */
export type Proven<T> = { user: Account['user']; person: Person; password: string; shown: T }

/**
 * Whose password this is, with what is asked for besides.
 * @param look at that, once the password was right
 * @throws the same for a wrong password, an account without one, and one that is not there, after the same work
 */
export async function proven<T>(
  db: Db,
  { email, password, organization_id: organizationId, code, passkey }: Claimed,
  { signIn, origin, now }: At,
  look: (db: Db, person: Person, at: Look) => Promise<Tried<T, ApiError>>,
): Promise<Proven<T>> {
  refuseWhereOff(signIn)
  const { guard } = signIn
  const key = emailKey(email)
  const account = await findAccount(db, key, organizationId)
  const kept = account?.password ?? null
  const attempt = { emailKey: key, organizationId, ip: origin.ip }
  const outcome = await guard.attempt(attempt, async (): Promise<Tried<Proven<T>, ApiError>> => {
    const isRight = await isPassword(password, kept)
    if (!isRight || !account || kept === null) return { refused: wrongPassword(), wasGuess: true }
    const { user } = account
    const person = personOf(user)
    const tried = await look(db, person, { signIn, code, passkey, now })
    return 'right' in tried ? { ...tried, right: { user, person, password: kept, shown: tried.right } } : tried
  })
  if ('right' in outcome) return outcome.right
  const [refusal, wasGuess] =
    'waitMs' in outcome ? [tooOften(outcome.waitMs), true] : [outcome.refused, outcome.wasGuess]
  // Who was only asked for the rest has not failed.
  if (!account || !wasGuess) throw refusal
  throw new KnownCallerRefused(knownAs(account), refusal)
}

/** While it was tried the account may have got another password, or have been removed. */
export async function refuseChanged(tx: Db, { user, password }: Pick<Proven<unknown>, 'user' | 'password'>) {
  const now = await findAccount(tx, user.email_key, user.organization_id)
  if (now?.user.id !== user.id || now.password !== password) throw wrongPassword()
}

export const personOf = ({
  organization_id,
  id,
}: Pick<Row<'organization_user'>, 'organization_id' | 'id'>): Person => ({
  organizationId: organization_id,
  userId: id,
})

export const knownAs = ({ user, defaultProjectId }: Pick<Account, 'user' | 'defaultProjectId'>): Known => ({
  organizationId: user.organization_id,
  projectId: defaultProjectId,
  by: user.id,
  actor: signedInActor(user),
})

/** @throws ApiError where nobody signs in with a password */
export function refuseWhereOff({ local }: SignIn) {
  if (local) return
  throw new ApiError('local_sign_in_off', 'Nobody signs in with a password here: its operator has turned that off.')
}
