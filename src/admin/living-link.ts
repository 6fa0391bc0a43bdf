import { hashSecret } from '../core/key.ts'
import type { Db } from '../db/tables.ts'
import { findLink } from '../sign-in/link.ts'
import { isStillVouchedFor } from '../sign-in/link-maker.ts'
import type { SignIn } from '../sign-in/sign-in.ts'
import { deadLink } from './sign-in-refusals.ts'
import { members } from './users.ts'

/** A link that sets a password and works, with whose it is. @param token as it was shown @throws ApiError for any other, in one wording */
export async function livingLink(db: Db, token: string, signIn: SignIn, now: number) {
  const link = await findLink(db, hashSecret(token))
  if (!link || link.expires_at <= now || !(await isStillVouchedFor(db, link, signIn, now))) throw deadLink()
  const user = await members(db, link.organization_id).where('id', '=', link.user_id).executeTakeFirst()
  if (!user) throw deadLink()
  return { link, user }
}
