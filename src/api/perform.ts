import type { Call, Change, PublicChange } from '../admin/handlers.ts'
import type { Endpoint } from '../admin/index.ts'
import { type Attribution, mutate } from '../admin/mutation.ts'
import { archivedError, findProject } from '../admin/projects.ts'
import { ApiError, notFound, unknownId } from '../contract/error.ts'
import type { Route } from '../contract/route.ts'
import { isPlainId } from '../core/id.ts'
import type { Db, Row } from '../db/tables.ts'
import { actorOf } from './actor.ts'
import type { Session } from './admit.ts'
import type { AdminApp } from './app.ts'

type Input = { params: Record<string, string>; query: unknown; body: unknown }

/**
 * Runs an operation's handler: a read on the database, a change in a transaction together with its audit row. Once a change
 * is committed, and before it is answered, what was cached of it is dropped.
 * @returns the reply's body
 */
export async function perform(
  app: AdminApp,
  { route, handle }: Endpoint,
  session: Session,
  input: Input,
): Promise<unknown> {
  refuseStrangeIds(input.params)
  const now = Math.floor(app.now() / 1000)
  // Before any transaction: the catalogue may have to be asked for over the network.
  const models = route.usesModels ? await app.models() : null
  const callOn = async (db: Db) => {
    const project = await projectAtHand(db, route, session, input.params)
    // The schemas have been checked against this route's own; the types say so again inside its handler.
    return { db, now, newId: app.newId, caller: session.caller, project, models, ...input } as Call<Route>
  }
  if (route.method === 'GET') return handle(await callOn(app.db))

  let scope: Attribution | undefined
  try {
    const event = { type: route.audit, now, organizationId: session.caller?.organizationId ?? null }
    const done = await mutate(app, event, async (tx) => {
      await session.again(tx)
      const call = await callOn(tx)
      const change = (await handle(call)) as Change<unknown> | PublicChange<unknown>
      if (route.bindsCallers) await refuseLockOut(tx, session)
      scope = attribution(session, call.project as Row<'project'> | null, change)
      return { change, by: scope }
    })
    return done.reply
  } finally {
    // Also when the commit failed: whether it took effect may be unknown then.
    if (scope) app.changed(scope)
  }
}

/** The caller whose own connection would not pass after this change would have nobody to take it back. */
async function refuseLockOut(tx: Db, session: Session) {
  const refusal = await session.certificateRefusal(tx)
  if (refusal === null) return
  const message = `Nothing was changed, because this call itself would have been refused from then on. ${refusal.message}`
  throw new ApiError('certificate_would_lock_out', message, { param: 'certificate_ids' })
}

/** The project that the path names, in the caller's organization. An archived one can be looked at, not changed. */
async function projectAtHand(
  db: Db,
  route: Route,
  { caller }: Session,
  params: Input['params'],
): Promise<Row<'project'> | null> {
  const id = params.project_id
  if (id === undefined || caller === null) return null
  const project = await findProject(db, caller.organizationId, id)
  if (!project) throw notFound('project', id, 'project_id')
  const fails = route.method !== 'GET' || route.refusesArchived
  if (fails && project.archived_at !== null) throw archivedError(id, 'project_id')
  return project
}

function attribution({ caller, origin }: Session, project: Row<'project'> | null, change: object): Attribution {
  if (caller === null) {
    const { organizationId, defaultProjectId, actor } = change as PublicChange<unknown>
    return { organizationId, projectId: null, defaultProjectId, actor, origin }
  }
  return {
    organizationId: caller.organizationId,
    projectId: project?.id ?? null,
    defaultProjectId: caller.defaultProjectId,
    actor: actorOf(caller),
    origin,
  }
}

/** No id has such characters, and a database may refuse to look for them: such a thing is unknown, like any other. */
function refuseStrangeIds(params: Record<string, string>) {
  for (const [name, value] of Object.entries(params)) {
    if (!isPlainId(value)) throw unknownId(name, value)
  }
}
