import type { IncomingHttpHeaders } from 'node:http'
import type { Caller } from '../admin/handlers.ts'
import type { Endpoint } from '../admin/index.ts'
import { CopiedPasskey } from '../admin/passkey-refusals.ts'
import { KnownCallerRefused, knownCaller } from '../admin/refused.ts'
import { ApiError, notFound, organizationMismatch } from '../contract/error.ts'
import type { Route } from '../contract/route.ts'
import { type Asked, isOwn } from '../core/asked.ts'
import type { Origin } from '../core/audit.ts'
import { isNameable } from '../core/model-name.ts'
import { adminScopeOf, missingScopes } from '../core/permission.ts'
import type { Connection } from '../core/presented-certificate.ts'
import { projectAccess } from '../db/access.ts'
import type { Db } from '../db/tables.ts'
import type { AdminApp } from './app.ts'
import type { Identify } from './caller.ts'
import { mtlsRefusal } from './certificate.ts'

/** A request of which only the head was read. */
export type Request = {
  headers: IncomingHttpHeaders
  params: Record<string, string>
  origin: Origin
  connection: Connection
}

/** A request that was let in. */
export type Admitted = Request & {
  /** Finds out once more who sent it; null where the operation asks nobody who they are. */
  identify: Identify | null
  /** Who that was when it came. */
  caller: Caller | null
}

/** Lets a request in, before its body is read, or throws. Somebody known who is refused leaves a row in the audit log. */
export async function admit(app: AdminApp, endpoint: Endpoint, request: Request): Promise<Admitted> {
  if (endpoint.route.permission === null) return { ...request, identify: null, caller: null }
  const identify = app.authenticate(request.headers)
  try {
    const caller = await permittedCaller(app, app.db, endpoint, { ...request, identify })
    if (caller) touch(app, caller)
    return { ...request, identify, caller }
  } catch (error) {
    if (error instanceof KnownCallerRefused) await recordRefusal(app, endpoint, request.origin, error)
    throw error
  }
}

/**
 * Who sent a request, or why they may not: first who calls, then whether they may, both as this database has it. It is asked
 * when the request comes and again on the transaction of a change: what was true may have been taken back while the body was
 * on the way. Somebody without any role in a project is told that there is no such project, in the same words whether there
 * is or not.
 * @throws ApiError, or KnownCallerRefused
 */
export async function permittedCaller(
  app: AdminApp,
  db: Db,
  { route }: Endpoint,
  { identify, headers, params, connection }: Omit<Admitted, 'caller'>,
): Promise<Caller | null> {
  const { permission } = route
  if (permission === null || identify === null) return null
  const caller = await identify(db, secondsOf(app), permission)
  const refused =
    (await mtlsRefusal(app, db, caller.organizationId, connection)) ??
    otherOrganization(caller, headers) ??
    (await lacks(db, caller, permission, route, params.project_id))
  if (refused) throw new KnownCallerRefused(knownCaller(caller), refused)
  return caller
}

const secondsOf = ({ now }: AdminApp) => Math.floor(now() / 1000)

function touch(app: AdminApp, caller: Caller) {
  const now = secondsOf(app)
  if (caller.by === 'key') return app.lastUsed.touch('admin_api_key', caller, now)
  const { organizationId, sessionId } = caller
  app.lastUsed.touch('session', { organizationId, keyId: sessionId, userId: null }, now)
}

/** Writes into the audit log that somebody known was refused. Resolves when it is there, or need not be. */
export function recordRefusal(
  app: AdminApp,
  { name, route }: Endpoint,
  origin: Origin,
  { known, reason }: KnownCallerRefused,
): Promise<void> {
  const leaves = route.method !== 'GET' && route.audit === 'logout.succeeded'
  const type = leaves ? ('logout.failed' as const) : ('login.failed' as const)
  const what = {
    // A copy is told of beside a wrong code of the same minute: it is worse.
    operation: reason instanceof CopiedPasskey ? `${name} copied_passkey` : name,
    type,
    code: reason.code ?? reason.failure,
    message: reason.message,
  }
  return app.refusals.record({ ...known, origin, ...what }, secondsOf(app))
}

async function lacks(db: Db, caller: Caller, permission: Asked, route: Route, projectId: string | undefined) {
  const missing = (what: string) => new ApiError('insufficient_permissions', missingScopes(what))
  const scope = adminScopeOf(permission)
  if (caller.scopes.length > 0 && !caller.scopes.includes(scope)) return missing(scope)
  if (isOwn(permission) || caller.access.permissions.has(permission)) return null
  if (projectId === undefined) return missing(permission)
  // Below a project its own roles count too: its owners manage it. Nobody has one in a project that is not there.
  const principal = { organizationId: caller.organizationId, id: caller.userId }
  const access = isNameable(projectId) ? await projectAccess(db, principal, projectId) : null
  if (!access) return notFound('project', projectId, 'project_id')
  return access.permissions.has(permission) && route.level !== 'organization' ? null : missing(permission)
}

/** A client configured for another organization is told so, rather than let loose on this one. */
function otherOrganization(caller: Caller, headers: IncomingHttpHeaders): ApiError | null {
  const wanted = headers['openai-organization']
  if (wanted === undefined || wanted === '' || wanted === caller.organizationId) return null
  return organizationMismatch()
}
