/** The published audit event types that this server writes so far. No other is ever written. */
export type AuditType =
  | 'api_key.created'
  | 'api_key.updated'
  | 'api_key.deleted'
  | 'certificate.created'
  | 'certificate.updated'
  | 'certificate.deleted'
  | 'certificates.activated'
  | 'certificates.deactivated'
  | 'group.created'
  | 'group.updated'
  | 'group.deleted'
  | 'invite.sent'
  | 'invite.accepted'
  | 'invite.deleted'
  | 'login.failed'
  | 'login.succeeded'
  | 'logout.failed'
  | 'logout.succeeded'
  | 'organization.updated'
  | 'project.created'
  | 'project.updated'
  | 'project.archived'
  | 'rate_limit.updated'
  | 'role.created'
  | 'role.updated'
  | 'role.deleted'
  | 'role.assignment.created'
  | 'role.assignment.deleted'
  | 'service_account.created'
  | 'service_account.updated'
  | 'service_account.deleted'
  | 'user.added'
  | 'user.updated'
  | 'user.deleted'

/** What an event says: the object it is about, and the fields its type carries. */
export type AuditPayload = { id: string } & Record<string, unknown>

/** Who did it, in the API's own shape; `null` for a change made by the command line on the database itself. */
export type AuditActor =
  | {
      type: 'api_key'
      api_key:
        | { id: string; type: 'user'; user: { id: string; email: string } }
        | { id: string; type: 'service_account'; service_account: { id: string } }
    }
  | { type: 'session'; session: { user: { id: string; email: string } } }

/** Where a request came from. Both may be unknown. */
export type Origin = { ip: string | null; userAgent: string | null }
