import { heldBy, refuseBeyond } from '../admin/escalation.ts'
import type { Call, Caller, Change, InTurn, KnownModels, Prepared, PublicChange, Rights } from '../admin/handlers.ts'
import type { Endpoint } from '../admin/index.ts'
import type { IsLeft } from '../admin/left.ts'
import { type Attribution, type Mutator, mutate } from '../admin/mutation.ts'
import { actorOf, KnownCallerRefused } from '../admin/refused.ts'
import { ApiError, notFound, projectArchived, unknownId } from '../contract/error.ts'
import type { Route } from '../contract/route.ts'
import type { ReadLevels } from '../core/limit-level.ts'
import { isNameable } from '../core/model-name.ts'
import type { WebhookRules } from '../core/webhook-asked.ts'
import type { ChangeScope } from '../db/changed.ts'
import { findProject } from '../db/projects.ts'
import type { Db, Row, Tx } from '../db/tables.ts'
import type { SignIn } from '../sign-in/sign-in.ts'
import { type Admitted, permittedCaller, recordRefusal } from './admit.ts'
import type { AdminApp } from './app.ts'
import { mtlsRefusal } from './certificate.ts'
import { knownModels } from './known-models.ts'
import { refuseForeign } from './same-origin.ts'

type Input = { params: Record<string, string>; query: unknown; body: unknown; isLeft: IsLeft; inTurn: InTurn | null }

/** What a handler is given besides what the database says. */
type Given = Input &
  Pick<Call<Route>, 'now' | 'origin'> & {
    models: KnownModels | null
    levels: ReadLevels | null
    webhooks: WebhookRules | null
    signIn: SignIn | null
  }

type AnyChange = Change<unknown> | PublicChange<unknown>
/** What is answered: the reply's body, or its parts, and what becomes of the cookie. */
export type Performed = { reply: unknown; cookie?: Change<unknown>['cookie'] }

/** Runs an operation's handler: a read on the database, a change in a transaction. */
export async function perform(app: AdminApp, endpoint: Endpoint, request: Admitted, input: Input): Promise<Performed> {
  const { route } = endpoint
  refuseStrangeIds(input.params)
  const now = Math.floor(app.now() / 1000)
  // Before any transaction: the catalogue may have to be asked for over the network.
  const organizationId = request.caller?.organizationId ?? null
  const models = route.usesModels ? await knownModels(app, organizationId, input.params.project_id) : null
  const signIn = route.usesSignIn ? app.signIn : null
  const levels = route.usesLevels ? app.levels : null
  const webhooks = route.usesWebhooks ? app.webhooks : null
  const given = { ...input, now, models, levels, signIn, webhooks, origin: request.origin }
  if (route.method !== 'GET') return change(app, endpoint, request, route, given)
  const { caller } = request
  const project = caller && (await projectAtHand(app.db, route, caller, input.params.project_id))
  const { newId } = app
  const reply = handle({ db: route.inParts ? app.reportDb : app.db, newId }, endpoint, caller, project, given)
  return { reply: route.inParts ? reply : await reply }
}

/**
 * Makes a change together with its audit row. Once it is committed, and before it is answered, what was cached of it is
 * dropped.
 */
async function change(
  app: AdminApp,
  endpoint: Endpoint,
  request: Admitted,
  { audit: type, unheard, usesSignIn, permission }: Extract<Route, { audit: unknown }>,
  given: Given,
): Promise<Performed> {
  let scope: ChangeScope | undefined
  const prepared = usesSignIn && permission === null ? await prepare(app, endpoint, request, given) : null
  const organizationId = prepared?.organizationId ?? request.caller?.organizationId ?? null
  try {
    const done = await mutate(app, { type, organizationId, unheard }, async (tx, newId) => {
      const made = await changeOn({ db: tx, newId }, app, endpoint, request, { given, prepared })
      scope = made.by
      return made
    })
    return { reply: done.reply, ...(done.cookie && { cookie: done.cookie }) }
  } catch (error) {
    if (error instanceof KnownCallerRefused) await recordRefusal(app, endpoint, request.origin, error)
    throw error
  } finally {
    // Also when the commit failed: whether it took effect may be unknown then.
    if (scope && !unheard) app.changed.publish(scope)
  }
}

/** What a change does before its transaction, where it says who somebody is. */
async function prepare(app: AdminApp, endpoint: Endpoint, request: Admitted, given: Given) {
  // Before a password is looked at: what comes of that must tell a page of another origin nothing, and cost it no hash.
  if ((given.body as { password?: string }).password !== undefined) refuseForeign(app.isOwnOrigin, request.headers)
  try {
    return (await handle(app, endpoint, null, null, given)) as Prepared<AnyChange>
  } catch (error) {
    // Once the answer is on its way: nobody is to tell by the time whether there is such a user.
    if (error instanceof KnownCallerRefused) setImmediate(() => void recordLater(app, endpoint, request, error))
    throw error
  }
}

async function recordLater(app: AdminApp, endpoint: Endpoint, { origin }: Admitted, refused: KnownCallerRefused) {
  await recordRefusal(app, endpoint, origin, refused).catch((err) => app.log.error({ err }, 'refusal not recorded'))
}

/**
 * All of a change that its transaction sees: the caller, who is asked again, the project, what the handler does, and whether
 * that hands out or takes more than the caller held before.
 */
async function changeOn(
  on: Mutator & { db: Tx },
  app: AdminApp,
  endpoint: Endpoint,
  request: Admitted,
  { given, prepared }: { given: Given; prepared: Prepared<AnyChange> | null },
) {
  const tx = on.db
  const caller = await permittedCaller(app, tx, endpoint, request)
  const project = caller && (await projectAtHand(tx, endpoint.route, caller, given.params.project_id))
  const held = caller && isGrant(endpoint.route) ? await heldBy(tx, caller, project) : null
  const handled = prepared ? prepared.finish(tx, on.newId) : handle(on, endpoint, caller, project, given)
  const change = (await handled) as AnyChange
  if (typeof change.cookie === 'object') refuseForeign(app.isOwnOrigin, request.headers)
  if (held) refuseBeyond(held, (change as Change<unknown> & { rights: Rights }).rights)
  if (caller !== null && endpoint.route.bindsCallers) await refuseLockOut(tx, app, caller, request)
  return { change, by: { ...whose(caller, project, change), origin: request.origin } }
}

const isGrant = (route: Route) => route.method !== 'GET' && route.grants === 'rights'

/** Calls the handler. */
function handle(on: Mutator, endpoint: Endpoint, caller: Caller | null, project: Row<'project'> | null, given: Given) {
  const { db, newId } = on
  // The schemas have been checked against this route's own; the types say so again inside its handler.
  return endpoint.handle({ ...given, db, newId, caller, project } as Call<Route>)
}

/** The caller whose own connection would not pass after this change would have nobody to take it back. */
async function refuseLockOut(tx: Db, app: AdminApp, { organizationId }: Caller, { connection }: Admitted) {
  const refusal = await mtlsRefusal(app, tx, organizationId, connection)
  if (refusal === null) return
  const message = `Nothing was changed, because this call itself would have been refused from then on. ${refusal.message}`
  throw new ApiError('certificate_would_lock_out', message, { param: 'certificate_ids' })
}

/** The project that the path names, in the caller's organization. An archived one can be looked at, not changed. */
async function projectAtHand(
  db: Db,
  route: Route,
  caller: Caller,
  id: string | undefined,
): Promise<Row<'project'> | null> {
  if (id === undefined) return null
  const project = await findProject(db, caller.organizationId, id)
  if (!project) throw notFound('project', id, 'project_id')
  const fails = route.method !== 'GET' || route.refusesArchived
  if (fails && project.archived_at !== null) throw projectArchived(id, 'project_id')
  return project
}

/** Who made a change, and of what. Without a caller it says itself whom it turned out to be. */
function whose(caller: Caller | null, project: Row<'project'> | null, change: AnyChange): Omit<Attribution, 'origin'> {
  if (caller === null) {
    const { organizationId, defaultProjectId, actor } = change as PublicChange<unknown>
    return { organizationId, projectId: null, defaultProjectId, actor }
  }
  const { organizationId, defaultProjectId } = caller
  const projectId = project?.id ?? change.projectId ?? null
  return { organizationId, projectId, defaultProjectId, actor: actorOf(caller) }
}

/** No id has such characters, and a database may refuse to look for them: such a thing is unknown, like any other. */
function refuseStrangeIds(params: Record<string, string>) {
  for (const [name, value] of Object.entries(params)) {
    if (!isNameable(value)) throw unknownId(name, value)
  }
}
