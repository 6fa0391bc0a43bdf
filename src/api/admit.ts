import type { IncomingHttpHeaders } from 'node:http'
import type { Caller } from '../admin/handlers.ts'
import type { Endpoint } from '../admin/index.ts'
import { findProject } from '../admin/projects.ts'
import { ApiError, notFound, organizationMismatch } from '../contract/error.ts'
import type { Route } from '../contract/route.ts'
import type { Origin } from '../core/audit.ts'
import { isPlainId } from '../core/id.ts'
import { adminScopeOf, missingScopes, type Permission } from '../core/permission.ts'
import type { Connection } from '../core/presented-certificate.ts'
import { projectAccess } from '../db/access.ts'
import type { Db } from '../db/tables.ts'
import { authenticate, bearer, KnownKeyRefused, knownCaller } from './actor.ts'
import type { AdminApp } from './app.ts'
import { certificateRefusal } from './certificate.ts'

export type Session = {
  /** Who calls; null where the operation asks for no key. */
  caller: Caller | null
  origin: Origin
  /**
   * Asks again whether they may, on the transaction of a change: what was true when the request came may have been taken
   * back while its body was on the way. Throws as `admit` does.
   */
  again: (db: Db) => Promise<void>
  /** Why their client certificate does not pass, as this database has it; null where it does or none is asked. */
  certificateRefusal: (db: Db) => Promise<ApiError | null>
}

type Request = {
  id: string
  headers: IncomingHttpHeaders
  params: Record<string, string>
  origin: Origin
  connection: Connection
}

/**
 * Lets a request in or throws: first who calls, then whether they may. Somebody without any role in a project is told that
 * there is no such project, in the same words whether there is or not. A refused key that is known leaves a row in the audit
 * log.
 */
export async function admit(app: AdminApp, { name, route }: Endpoint, request: Request): Promise<Session> {
  const { origin } = request
  const { permission } = route
  if (permission === null) {
    return { caller: null, origin, again: async () => {}, certificateRefusal: async () => null }
  }
  const seconds = () => Math.floor(app.now() / 1000)
  const token = bearer(request.headers.authorization)
  const check = async (db: Db) => {
    const caller = await authenticate(db, token, seconds(), permission)
    const refused =
      (await certificateRefusal(app, db, caller.organizationId, request.connection)) ??
      otherOrganization(caller, request.headers) ??
      (await lacks(db, caller, permission, route, request.params.project_id))
    if (refused) throw new KnownKeyRefused(knownCaller(caller), refused)
    return caller
  }
  try {
    const caller = await check(app.db)
    app.lastUsed.touch('admin_api_key', caller.keyId, caller.userId, seconds())
    return {
      caller,
      origin,
      again: async (db) => void (await check(db)),
      certificateRefusal: (db) => certificateRefusal(app, db, caller.organizationId, request.connection),
    }
  } catch (error) {
    if (error instanceof KnownKeyRefused) {
      const { reason, known } = error
      const refusal = {
        ...known,
        origin,
        operation: name,
        code: reason.code ?? reason.failure,
        message: reason.message,
      }
      await app.refusals.record(refusal, seconds())
    }
    throw error
  }
}

async function lacks(db: Db, caller: Caller, permission: Permission, route: Route, projectId: string | undefined) {
  const missing = (what: string) => new ApiError('insufficient_permissions', missingScopes(what))
  const scope = adminScopeOf(permission)
  if (caller.scopes.length > 0 && !caller.scopes.includes(scope)) return missing(scope)
  if (caller.access.permissions.has(permission)) return null
  if (projectId === undefined) return missing(permission)
  // Below a project its own roles count too: its owners manage it.
  const project = isPlainId(projectId) ? await findProject(db, caller.organizationId, projectId) : undefined
  const access =
    project && (await projectAccess(db, { organizationId: caller.organizationId, id: caller.userId }, project.id))
  if (!access) return notFound('project', projectId, 'project_id')
  return access.permissions.has(permission) && route.level !== 'organization' ? null : missing(permission)
}

/** A client configured for another organization is told so, rather than let loose on this one. */
function otherOrganization(caller: Caller, headers: IncomingHttpHeaders): ApiError | null {
  const wanted = headers['openai-organization']
  if (wanted === undefined || wanted === '' || wanted === caller.organizationId) return null
  return organizationMismatch()
}
