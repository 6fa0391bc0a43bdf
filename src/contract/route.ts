import type { AuditType } from '../core/audit.ts'
import type { Permission } from '../core/permission.ts'
import type { Static, TSchema } from './json-schema.ts'

export type Mutation = 'POST' | 'DELETE'

type Shape = {
  path: `/${string}`
  summary: string
  /** What the caller must hold; `null` where the request carries its own proof instead of a key. */
  permission: Permission | null
  params?: TSchema
  query?: TSchema
  body?: TSchema
  reply: TSchema
  /** Only roles of the organization count, although the path is a project's: what an organization rules for its projects. */
  level?: 'organization'
  /** It asks which models there are. */
  usesModels?: true
  /** It changes which client certificates open this API; one that would shut out the caller's own connection is refused. */
  bindsCallers?: true
  /** A read below an archived project that fails, as the description says it does. Changes there always fail. */
  refusesArchived?: true
  /** Why this operation is here although neither the published description nor the official SDK has it. */
  extension?: string
}

export type Route = Shape & ({ method: 'GET' } | { method: Mutation; audit: AuditType })

/** Declares an endpoint. A mutation without an audit event does not type-check. */
export function route<const R extends Route>(r: R): R {
  return r
}

export type Of<S> = S extends TSchema ? Static<S> : undefined
