import type { Of, Route } from '../contract/route.ts'
import type { AuditActor, AuditPayload, AuditType, Origin } from '../core/audit.ts'
import type { Catalogue } from '../core/catalogue.ts'
import type { NewId } from '../core/id.ts'
import type { ReadLevels } from '../core/limit-level.ts'
import type { Access } from '../core/permission.ts'
import type { WebhookRules } from '../core/webhook-asked.ts'
import type { Db, Row, Tx } from '../db/tables.ts'
import type { SignIn } from '../sign-in/sign-in.ts'
import type { IsLeft } from './left.ts'

/** Who calls, with the roles they have now: the owner of an admin key, or somebody who has signed in. */
export type Caller = {
  organizationId: string
  defaultProjectId: string
  userId: string
  email: string
  /** What they may do in the organization now. */
  access: Access
  /** What this access is narrowed to; empty: it is not. */
  scopes: readonly string[]
  /** When it ends, Unix seconds; null: never by itself. */
  expiresAt: number | null
} & ({ by: 'key'; keyId: string } | { by: 'session'; sessionId: string })

/**
 * What a handler is given, and all it can reach. For a mutation `db` is the transaction; there is no other way to the
 * database. Below `/projects/:project_id` the dispatcher has already found the project (in the caller's organization, and
 * not archived if this is a change).
 */
export type Call<R extends Route> = {
  db: Db
  /** Unix seconds. */
  now: number
  newId: NewId
  caller: R extends { permission: null } ? null : Caller
  project: R extends { path: `${string}:project_id${string}` } ? Row<'project'> : null
  /** The models of this server, where the route asks for them. */
  models: R extends { usesModels: true } ? KnownModels : null
  /** How one may sign in, where the route asks for it. */
  signIn: R extends { usesSignIn: true } ? SignIn : null
  /** Where the request came from. */
  origin: Origin
  /** What says how much of limits is used, where the route asks for it. */
  levels: R extends { usesLevels: true } ? ReadLevels : null
  /** Where webhooks may go, where the route asks for it. */
  webhooks: R extends { usesWebhooks: true } ? WebhookRules : null
  /** Whether the client has left: what looks at many rows asks between two statements. */
  isLeft: IsLeft
  /** Runs what reads, where the reply is made in parts: other replies have their turns between. It fails once the client is gone. */
  inTurn: R extends { inParts: true } ? InTurn : null
  params: Of<R['params']>
  query: Of<R['query']>
  body: Of<R['body']>
}

/** The models of this server: all there are, and those of which the caller may know. */
export type KnownModels = { all: Catalogue; seen: Catalogue }

export type InTurn = <T>(work: () => Promise<T>) => Promise<T>

/** What a mutation answers and what it did: the event its route declares, and others that went with it. */
export type Change<Reply> = {
  reply: Reply
  audit: AuditPayload
  /** The project that it was made in, where the path does not say it. */
  projectId?: string
  also?: { type: AuditType; payload: AuditPayload; projectId?: string }[]
  /** What becomes of the cookie of a session: set to this secret, until then (Unix seconds), or taken away. */
  cookie?: { token: string; until: number } | 'clear'
}

/** What a change gives to somebody or takes from them: refused where the caller holds less (`escalation.ts`). */
export type Rights = {
  /** Permissions where the request is made: in the project of its path, or else in the organization. */
  permissions: readonly string[]
  /** Permissions in the organization, for a request below a project. */
  everywhere?: readonly string[]
  /** When a key that it hands out ends, Unix seconds; null: never. */
  until?: number | null
}

/** A mutation without a caller also says whose organization it changed and who it turned out to be. */
export type PublicChange<Reply> = Change<Reply> & {
  organizationId: string
  defaultProjectId: string
  actor: AuditActor
}

/**
 * A read answers with the reply alone, or with its text in parts where that is declared; a mutation must also say what to record in the audit log, and one that is declared to
 * hand something out or to take it, what. Without a caller it has to answer for that itself.
 */
export type Handler<R extends Route> = (
  call: Call<R>,
) => R extends { inParts: true }
  ? AsyncGenerator<string, void>
  : R extends { usesSignIn: true; audit: AuditType; permission: null }
    ? Promise<Prepared<Answer<R>>>
    : Promise<Answer<R>>

/**
 * A change that took its time before its transaction, which it could not read nor write: whose organization it is of, and
 * what is left to be done there.
 */
export type Prepared<C> = { organizationId: string; finish: (tx: Tx, newId: NewId) => Promise<C> }

type Answer<R extends Route> = R extends { method: 'GET' }
  ? Of<R['reply']>
  : R extends { permission: null }
    ? PublicChange<Of<R['reply']>>
    : R extends { grants: 'rights' }
      ? Change<Of<R['reply']>> & { rights: Rights }
      : Change<Of<R['reply']>>

/** One handler for every route of a resource: none missing, none extra. */
export type Handlers<T extends Record<string, Route>> = { [K in keyof T]: Handler<T[K]> }
