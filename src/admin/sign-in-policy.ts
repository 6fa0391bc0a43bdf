import { ApiError } from '../contract/error.ts'
import type { signInPolicy as routes, SignInPolicy } from '../contract/sign-in-policy.ts'
import type { Db } from '../db/tables.ts'
import type { SignIn } from '../sign-in/sign-in.ts'
import { standingOf } from '../sign-in/standing.ts'
import type { Caller, Handlers } from './handlers.ts'
import { isRequired } from './passed.ts'

export const signInPolicy: Handlers<typeof routes> = {
  async retrieve({ db, caller, signIn }) {
    return view(await isRequired(db, caller), signIn)
  },

  async update({ db, caller, body, signIn, now }) {
    const isAsked = body.second_factor === 'required'
    const already = await isRequired(db, caller)
    if (isAsked) await refuseLockOut(db, caller, signIn, now)
    if (isAsked !== already) {
      await db
        .updateTable('organization')
        .set({ second_factor_required_at: isAsked ? now : null })
        .where('id', '=', caller.organizationId)
        .execute()
    }
    const { second_factor } = body
    return { reply: view(isAsked, signIn), audit: { id: caller.organizationId, changes_requested: { second_factor } } }
  },
}

const view = (isAsked: boolean, { asksForFactor: by_operator }: SignIn): SignInPolicy => ({
  object: 'organization.sign_in_policy',
  second_factor: isAsked || by_operator ? 'required' : 'optional',
  by_operator,
})

/** Whoever asks it of everybody has shown one: the session that says it would count no more. */
async function refuseLockOut(db: Db, caller: Caller, signIn: SignIn, now: number) {
  if (caller.by !== 'session') return
  const session = await db
    .selectFrom('session')
    .select(['oidc_issuer', 'second_factor'])
    .where('organization_id', '=', caller.organizationId)
    .where('id', '=', caller.sessionId)
    .executeTakeFirst()
  if (session && standingOf({ ...session, second_factor_required_at: now }, signIn) === 'counts') return
  const message =
    'Set up a second factor of your own first, and sign in with it: this session would count no more. It began without one.'
  throw new ApiError('would_lock_out_caller', message, { param: 'second_factor' })
}
