import type { Kysely, Selectable, Transaction } from 'kysely'
import type { AuditType } from '../core/audit.ts'
import type { OrganizationRole, ProjectRole } from '../core/permission.ts'
import type { DefaultTier, HostedTool, ModelMode, OrganizationRetention, ProjectRetention } from '../core/policy.ts'
import type { BackgroundResponseTable, BatchTable, LeaseTable } from './background-tables.ts'
import type {
  BatchHeldTable,
  LimitLevelTable,
  LimitRefusalTable,
  OwnedTable,
  SpendAlertSentTable,
  SpendOfWriterTable,
  SpendTotalTable,
  UsageRollupTable,
  UsageWriterTable,
} from './gate-tables.ts'
import type { PasskeyChallengeTable, PasskeyTable } from './passkey-tables.ts'
import type {
  OidcIdentityTable,
  PasswordLinkTable,
  RecoveryCodeTable,
  SecondFactorSetupTable,
  SecondFactorTable,
  SessionTable,
  SignInAttemptTable,
  UserPasswordTable,
} from './sign-in-tables.ts'
import type { WebhookDeliveryTable, WebhookEndpointTable, WebhookToldTable } from './webhook-tables.ts'

/*
 * One interface per table. What is an organization's carries organization_id, and every statement filters on it. Times are Unix seconds, JSON
 * is text, and there are no booleans: a time says more.
 */

/** Something that a project has and that has an id. */
interface OfProject {
  id: string
  organization_id: string
  project_id: string
}

export interface OrganizationTable {
  id: string
  name: string
  default_project_id: string
  created_at: number
  /** Since when nobody signs in here with a password alone; null: they may. */
  second_factor_required_at: number | null
}

/** A person. Removed ones stay: their keys still name them, and their ids are never reused. */
export interface UserTable {
  id: string
  organization_id: string
  email: string
  /** The address in lower case: what two addresses are compared by. */
  email_key: string
  name: string
  /** The strongest predefined role assigned directly; kept by the code that writes role_assignment. */
  role: OrganizationRole | null
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
  /** The strongest predefined role assigned directly; kept by the code that writes role_assignment. */
  role: ProjectRole | null
  added_at: number
}

/** Custom roles. The predefined ones are in the code. */
export interface RoleTable {
  id: string
  organization_id: string
  /** Null: a role of the organization. */
  project_id: string | null
  /** The project or the organization: what the name is unique in. */
  resource_id: string
  name: string
  description: string | null
  /** A JSON list. */
  permissions: string
  created_at: number
  updated_at: number
  created_by: string | null
}

/** Who holds which role where: the truth that the older role columns are views of. */
export interface RoleAssignmentTable {
  organization_id: string
  /** The organization or the project the role is held in. */
  resource_id: string
  principal_type: 'user' | 'service_account' | 'group'
  principal_id: string
  /** A custom role, or the short id of a predefined one. */
  role_id: string
  /** The form of the id that it was asked for by, short or long; null where no id asked for it. */
  shown_role_id: string | null
  created_at: number
}

export interface GroupTable {
  id: string
  organization_id: string
  name: string
  created_at: number
  /** Set for a group that an identity provider keeps: it is read-only here. */
  scim_managed_at: number | null
}

/** Members of groups: users and service accounts alike. */
export interface GroupUserTable {
  organization_id: string
  group_id: string
  user_id: string
  added_at: number
}

/** Groups with access to a project, whatever roles they hold there. */
export interface ProjectGroupTable {
  organization_id: string
  project_id: string
  group_id: string
  created_at: number
}

export interface ServiceAccountTable extends OfProject {
  name: string
  role: 'owner' | 'member' | 'none'
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
  /** Since when it opens nothing; null: it is not disabled. */
  disabled_at: number | null
  /** The user who disabled it; null: it is not. */
  disabled_by: string | null
}

export interface AdminApiKeyTable extends KeyColumns {
  user_id: string
}

/** Owned by a user or by a service account: exactly one of the two. */
export interface ProjectApiKeyTable extends KeyColumns, OfProject {
  user_id: string | null
  service_account_id: string | null
  /**
   * What lets the owner into the project: something of their own, only their groups if anything, or nothing. Written by
   * `admin/key-standing.ts` alone.
   */
  owner_standing: 'own' | 'groups' | 'none'
}

export interface InviteTable {
  id: string
  organization_id: string
  email: string
  email_key: string
  role: OrganizationRole
  /** A JSON list of {id, role}; the JSON `null` where none was given, which is the default project. */
  projects: string
  /** SHA-256 of the link's token, in hex; null until a link was made. */
  token_hash: string | null
  created_at: number
  expires_at: number
  accepted_at: number | null
  /** The user who made it; null: the invite is older than this column. */
  created_by: string | null
}

type HostedToolColumns = { [T in HostedTool as `${T}_disabled_at`]: number | null }

/** A project's settings, one column or two for each. Null: not set, so what holds is in core/policy.ts. */
export interface ProjectPolicyTable extends HostedToolColumns {
  organization_id: string
  project_id: string
  model_mode: ModelMode | null
  /** A JSON list; there whenever the mode is. */
  model_ids: string | null
  data_retention: ProjectRetention | null
  default_service_tier: DefaultTier | null
  /** JSON: `"all"` or a list. */
  enabled_service_tiers: string | null
  spend_limit_cents: number | null
}

/** An organization's own settings. Null: not set. */
export interface OrganizationPolicyTable {
  organization_id: string
  data_retention: OrganizationRetention | null
  spend_limit_cents: number | null
}

export interface SpendAlertTable {
  id: string
  organization_id: string
  /** Null: an alert of the organization itself. */
  project_id: string | null
  threshold_cents: number
  /** A JSON list of e-mail addresses. */
  recipients: string
  subject_prefix: string | null
  /** The user who set it last; null: before this was kept. */
  created_by: string | null
}

/** An authority whose client certificates are asked for where it is active. */
export interface CertificateTable {
  id: string
  organization_id: string
  name: string | null
  /** PEM. */
  content: string
  valid_at: number
  expires_at: number
  created_at: number
  /** Set while it is active for the organization, and with that for every project. */
  activated_at: number | null
}

/** Certificates that a project activated itself. */
export interface ProjectCertificateTable {
  organization_id: string
  project_id: string
  certificate_id: string
  activated_at: number
}

/** What a project has set itself; rows it has not touched are the catalogue's. */
export interface RateLimitTable {
  organization_id: string
  project_id: string
  model: string
  /** A JSON object: dimension to maximum. */
  limits: string
  updated_at: number
}

/** Append-only. */
export interface AuditLogTable {
  id: string
  organization_id: string
  type: AuditType
  effective_at: number
  project_id: string | null
  /** The user or the service account. */
  actor_id: string | null
  actor_key_id: string | null
  /** The address in lower case. */
  actor_email_key: string | null
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
  session: SessionTable
  user_password: UserPasswordTable
  password_link: PasswordLinkTable
  sign_in_attempt: SignInAttemptTable
  second_factor: SecondFactorTable
  second_factor_setup: SecondFactorSetupTable
  recovery_code: RecoveryCodeTable
  passkey: PasskeyTable
  passkey_challenge: PasskeyChallengeTable
  oidc_identity: OidcIdentityTable
  rate_limit: RateLimitTable
  limit_level: LimitLevelTable
  role: RoleTable
  role_assignment: RoleAssignmentTable
  user_group: GroupTable
  group_user: GroupUserTable
  project_group: ProjectGroupTable
  project_policy: ProjectPolicyTable
  organization_policy: OrganizationPolicyTable
  spend_alert: SpendAlertTable
  certificate: CertificateTable
  project_certificate: ProjectCertificateTable
  audit_log: AuditLogTable
  usage_rollup: UsageRollupTable
  spend_total: SpendTotalTable
  spend_of_writer: SpendOfWriterTable
  spend_alert_sent: SpendAlertSentTable
  owned: OwnedTable
  usage_writer: UsageWriterTable
  lease: LeaseTable
  batch: BatchTable
  background_response: BackgroundResponseTable
  webhook_endpoint: WebhookEndpointTable
  webhook_delivery: WebhookDeliveryTable
  webhook_told: WebhookToldTable
  batch_held: BatchHeldTable
  limit_refusal: LimitRefusalTable
  meta: MetaTable
}

/** An opened database. */
export type OpenedDb = Kysely<Tables>
/** What statements are made with. Who wants a transaction gets one from `inTransaction`, which does it again where it must be. */
export type Db = Omit<OpenedDb, 'transaction' | 'startTransaction' | 'connection'>
export type Tx = Transaction<Tables>
export type Row<T extends keyof Tables> = Selectable<Tables[T]>
