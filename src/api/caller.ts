import type { IncomingHttpHeaders } from 'node:http'
import type { Caller } from '../admin/handlers.ts'
import type { ApiError } from '../contract/error.ts'
import type { Asked } from '../core/asked.ts'
import type { AuditActor } from '../core/audit.ts'
import type { Db } from '../db/tables.ts'

/**
 * Reads off a request's headers what it shows of who sends it.
 * @throws ApiError where that is nothing, or nothing that can be right
 */
export type Authenticate = (headers: IncomingHttpHeaders) => Identify

/**
 * Who that is, as this database has them: asked when a request comes, and again on the transaction of its change. It knows
 * no secret any more.
 * @param now Unix seconds
 * @param permission what the operation asks for, for the sentence that says it is missing
 * @throws ApiError, or KnownCallerRefused
 */
export type Identify = (db: Db, now: number, permission: Asked) => Promise<Caller>

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
      return { type: 'session', session: { user } }
  }
}
