import type { Session } from '../contract/sessions.ts'
import type { AuditPayload, Origin } from '../core/audit.ts'
import type { NewId } from '../core/id.ts'
import type { Db, Row } from '../db/tables.ts'
import { type BegunBy, startSession } from '../sign-in/session.ts'
import type { SignIn } from '../sign-in/sign-in.ts'
import type { PublicChange } from './handlers.ts'
import type { Passed } from './passed.ts'
import { signedInActor } from './refused.ts'
import { sessionView } from './session-view.ts'

/** What a session begins with. */
export type SigningIn = { signIn: SignIn; origin: Origin; now: number; newId: NewId; passed: Passed }
type User = Pick<Row<'organization_user'>, 'id' | 'organization_id' | 'email' | 'name'>

const BY_PASSWORD: Omit<BegunBy, 'factor'> = { issuer: null, sid: null }

/** A new session of somebody who has proven who they are: always a new one, whatever cookie came with the request. */
export async function signedIn(tx: Db, user: User, at: SigningIn, by = BY_PASSWORD): Promise<PublicChange<Session>> {
  const { signIn, origin, now, newId, passed } = at
  const person = { organizationId: user.organization_id, userId: user.id }
  const shown = { ...by, factor: passed.factor }
  const { row, token } = await startSession(tx, person, origin, signIn.rules, now, newId, shown)
  return {
    ...(await byThemselves(tx, user, { id: row.id })),
    reply: sessionView(row, user, row.id),
    cookie: { token, until: row.expires_at },
    also: recoveryCodeUsed(passed, user),
  }
}

/** What is recorded of a change that somebody makes of themselves, before they are signed in or without being so. */
export async function byThemselves(
  tx: Db,
  user: Omit<User, 'name'>,
  audit: AuditPayload,
): Promise<Omit<PublicChange<never>, 'reply'>> {
  const organizationId = user.organization_id
  const { default_project_id } = await tx
    .selectFrom('organization')
    .select('default_project_id')
    .where('id', '=', organizationId)
    .executeTakeFirstOrThrow()
  return { audit, organizationId, defaultProjectId: default_project_id, actor: signedInActor(user) }
}

/** A recovery code that is used is gone, which is recorded. @param used what was shown */
export function recoveryCodeUsed(used: Passed | null, { id }: Pick<User, 'id'>) {
  if (used?.factor !== 'recovery_code') return []
  return [{ type: 'user.updated' as const, payload: { id, changes_requested: { recovery_codes: 'used' } } }]
}
