import type { ApiError } from '../contract/error.ts'
import type { AuditActor } from '../core/audit.ts'
import type { Caller } from './handlers.ts'

/** Somebody who is known, although the call may be refused: whom the audit log names. */
export type Known = {
  organizationId: string
  projectId: string
  /** The id of what they call with: a key, or the user of a session. */
  by: string
  actor: AuditActor
}

/** Thrown for somebody who is known and still may not call. */
export class KnownCallerRefused extends Error {
  readonly known: Known
  readonly reason: ApiError
  constructor(known: Known, reason: ApiError) {
    super(reason.message)
    this.known = known
    this.reason = reason
  }
}

export function knownCaller(caller: Caller): Known {
  return {
    organizationId: caller.organizationId,
    projectId: caller.defaultProjectId,
    by: caller.by === 'key' ? caller.keyId : caller.userId,
    actor: actorOf(caller),
  }
}

/** Who did it, as the audit log says it. */
export function actorOf(caller: Caller): AuditActor {
  const user = { id: caller.userId, email: caller.email }
  switch (caller.by) {
    case 'key':
      return { type: 'api_key', api_key: { id: caller.keyId, type: 'user', user } }
    case 'session':
      return signedInActor(user)
  }
}

/** The same of somebody who has signed in, or tries to. */
export const signedInActor = ({ id, email }: { id: string; email: string }): AuditActor => ({
  type: 'session',
  session: { user: { id, email } },
})
