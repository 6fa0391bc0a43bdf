import type { Session } from '../contract/sessions.ts'
import type { Origin } from '../core/audit.ts'
import type { NewId } from '../core/id.ts'
import type { Db, Row } from '../db/tables.ts'
import { startSession } from '../sign-in/session.ts'
import type { SignIn } from '../sign-in/sign-in.ts'
import type { PublicChange } from './handlers.ts'
import { sessionView } from './session-view.ts'

/** What a session begins with. */
export type SigningIn = { signIn: SignIn; origin: Origin; now: number; newId: NewId }
type User = Pick<Row<'organization_user'>, 'id' | 'organization_id' | 'email' | 'name'>

/** A new session of somebody who has proven who they are: always a new one, whatever cookie came with the request. */
export async function signedIn(tx: Db, user: User, at: SigningIn): Promise<PublicChange<Session>> {
  const { signIn, origin, now, newId } = at
  const organizationId = user.organization_id
  const person = { organizationId, userId: user.id }
  const { row, token } = await startSession(tx, person, origin, signIn.rules, now, newId)
  const { default_project_id } = await tx
    .selectFrom('organization')
    .select('default_project_id')
    .where('id', '=', organizationId)
    .executeTakeFirstOrThrow()
  return {
    reply: sessionView(row, user, row.id),
    audit: { id: row.id },
    cookie: { token, until: row.expires_at },
    organizationId,
    defaultProjectId: default_project_id,
    actor: { type: 'session', session: { user: { id: user.id, email: user.email } } },
  }
}
