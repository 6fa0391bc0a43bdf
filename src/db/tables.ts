import type { Kysely, Selectable, Transaction } from 'kysely'
import type { OrganizationRole, ProjectRole } from '../core/permission.ts'

/*
 * One interface per table. Every table carries organization_id and every query filters on it. Times are Unix seconds, JSON
 * is text, and there are no booleans: a time says more.
 */

export interface OrganizationTable {
  id: string
  name: string
  default_project_id: string
  created_at: number
}

/** A person. Removed ones stay: their keys still name them, and their ids are never reused. */
export interface UserTable {
  id: string
  organization_id: string
  email: string
  /** The address in lower case: what two addresses are compared by. */
  email_key: string
  name: string
  role: OrganizationRole
  technical_level: string | null
  developer_persona: string | null
  created_at: number
  removed_at: number | null
  api_key_last_used_at: number | null
}

export interface ProjectTable {
  id: string
  organization_id: string
  name: string
  created_at: number
  archived_at: number | null
}

/** Direct memberships. The organization's owners are owners of every project without a row here. */
export interface ProjectUserTable {
  organization_id: string
  project_id: string
  user_id: string
  role: ProjectRole
  added_at: number
}

export interface ServiceAccountTable {
  id: string
  organization_id: string
  project_id: string
  name: string
  role: ProjectRole | 'none'
  created_at: number
}

interface KeyColumns {
  id: string
  organization_id: string
  name: string
  /** SHA-256 of the secret, in hex. */
  hash: string
  redacted_value: string
  /** A JSON list; empty: not narrowed. */
  scopes: string
  created_at: number
  expires_at: number | null
  last_used_at: number | null
}

export interface AdminApiKeyTable extends KeyColumns {
  user_id: string
}

/** Owned by a user or by a service account: exactly one of the two. */
export interface ProjectApiKeyTable extends KeyColumns {
  project_id: string
  user_id: string | null
  service_account_id: string | null
}

export interface InviteTable {
  id: string
  organization_id: string
  email: string
  email_key: string
  role: OrganizationRole
  /** A JSON list of {id, role}. */
  projects: string
  /** SHA-256 of the link's token, in hex; null until a link was made. */
  token_hash: string | null
  created_at: number
  expires_at: number
  accepted_at: number | null
}

/** Append-only. */
export interface AuditLogTable {
  id: string
  organization_id: string
  type: string
  effective_at: number
  project_id: string | null
  /** User, service account or key: what `actor_ids` filters by. */
  actor_id: string | null
  actor_email: string | null
  actor: string | null
  resource_id: string
  payload: string
  ip_address: string | null
  user_agent: string | null
}

/** Facts about the database itself, one row each. */
export interface MetaTable {
  key: string
  value: string
}

export interface Tables {
  organization: OrganizationTable
  organization_user: UserTable
  project: ProjectTable
  project_user: ProjectUserTable
  service_account: ServiceAccountTable
  admin_api_key: AdminApiKeyTable
  project_api_key: ProjectApiKeyTable
  invite: InviteTable
  audit_log: AuditLogTable
  meta: MetaTable
}

export type Db = Kysely<Tables>
export type Tx = Transaction<Tables>
export type Row<T extends keyof Tables> = Selectable<Tables[T]>
