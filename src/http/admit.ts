import type { IncomingHttpHeaders } from 'node:http'
import type { Caller } from '../admin/handlers.ts'
import type { Endpoint } from '../admin/index.ts'
import { projectRole } from '../admin/project-users.ts'
import { findProject } from '../admin/projects.ts'
import { ApiError } from '../contract/error.ts'
import type { Origin } from '../core/audit.ts'
import { isPlainId } from '../core/id.ts'
import { type ManagementPermission, missingScopes, permits } from '../core/permission.ts'
import type { Db } from '../db/tables.ts'
import { authenticate, bearer, KnownKeyRefused, knownCaller } from './actor.ts'
import type { AdminApp } from './app.ts'

export type Session = {
  /** Who calls; null where the operation asks for no key. */
  caller: Caller | null
  origin: Origin
  /**
   * Asks again whether they may, on the transaction of a change: what was true when the request came may have been taken
   * back while its body was on the way. Throws as `admit` does.
   */
  again: (db: Db) => Promise<void>
}

type Request = { id: string; headers: IncomingHttpHeaders; params: Record<string, string>; origin: Origin }

/**
 * Lets a request in or throws: first who calls, then whether they may. The answer to a member without the permission is the
 * same whether the thing exists or not. A refused key that is known leaves a row in the audit log.
 */
export async function admit(app: AdminApp, { name, route }: Endpoint, request: Request): Promise<Session> {
  const { origin } = request
  const { permission } = route
  if (permission === null) return { caller: null, origin, again: async () => {} }
  const seconds = () => Math.floor(app.now() / 1000)
  const token = bearer(request.headers.authorization)
  const check = async (db: Db) => {
    const caller = await authenticate(db, token, seconds(), permission)
    const refused =
      organizationMismatch(caller, request.headers) ?? (await lacks(db, caller, permission, request.params.project_id))
    if (refused) throw new KnownKeyRefused(knownCaller(caller), refused)
    return caller
  }
  try {
    const caller = await check(app.db)
    app.lastUsed.touch('admin_api_key', caller.keyId, caller.userId, seconds())
    return { caller, origin, again: async (db) => void (await check(db)) }
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

async function lacks(db: Db, caller: Caller, permission: ManagementPermission, projectId: string | undefined) {
  const roles = { organization: caller.role, project: null }
  if (permits(roles, caller.scopes, permission)) return null
  // Below a project its own roles count too: its owners manage it.
  const known = projectId !== undefined && isPlainId(projectId)
  const project = known ? await findProject(db, caller.organizationId, projectId) : undefined
  if (project) {
    const role = await projectRole(db, project, caller.userId)
    if (permits({ ...roles, project: role }, caller.scopes, permission)) return null
  }
  return new ApiError('insufficient_permissions', missingScopes(permission))
}

/** A client configured for another organization is told so, rather than let loose on this one. */
function organizationMismatch(caller: Caller, headers: IncomingHttpHeaders): ApiError | null {
  const wanted = headers['openai-organization']
  if (wanted === undefined || wanted === '' || wanted === caller.organizationId) return null
  return new ApiError('mismatched_organization', 'OpenAI-Organization header should match organization for API key')
}
