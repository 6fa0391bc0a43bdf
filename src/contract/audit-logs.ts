import { auditEventTypes } from './audit-event-types.ts'
import { type Static, Type } from './json-schema.ts'
import { get } from './route.ts'
import { Const, Enum, Id, List, Nullable, paging, Query, Time } from './schema.ts'

const User = Type.Object({ id: Type.String(), email: Type.String() })

const Actor = Type.Object({
  type: Enum(['session', 'api_key']),
  session: Type.Optional(
    Type.Object({
      user: User,
      ip_address: Type.Optional(Type.String({ description: 'Where the request came from, if that is known.' })),
      user_agent: Type.Optional(Type.String({ description: 'What the request said about its program.' })),
    }),
  ),
  api_key: Type.Optional(
    Type.Object({
      id: Type.String(),
      type: Enum(['user', 'service_account']),
      user: Type.Optional(User),
      service_account: Type.Optional(Type.Object({ id: Type.String() })),
    }),
  ),
})

const Details = {
  type: 'object',
  additionalProperties: true,
  description: 'Under the name of the event type: what the event says.',
}

export const AuditLog = Type.Object(
  {
    object: Const('organization.audit_log'),
    id: Id('The event.'),
    type: Enum([...auditEventTypes]),
    effective_at: Time,
    project: Type.Optional(Type.Object({ id: Type.String(), name: Type.String() })),
    actor: Nullable(Actor),
  },
  { additionalProperties: Details },
)
export type AuditLog = Static<typeof AuditLog>

/** Seconds. The bound is what a number can hold exactly. */
const Bound = (description: string) =>
  Type.Optional(Type.Integer({ description, minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER }))
/** Values to look for. A control character is in none of them, and a database may refuse to look for one. */
const Wanted = (description: string) =>
  Type.Optional(Type.Array(Type.String({ pattern: '^\\P{Cc}*$' }), { description }))

export const auditLogs = {
  list: get('/v1/organization/audit_logs', {
    summary: 'List what was changed in the organization and who did it, newest first',
    permission: 'api.management.read',
    query: Query({
      ...paging(),
      before: Type.Optional(Type.String({ description: 'The page that ends before the event with this id.' })),
      effective_at: Type.Optional(
        Type.Object({
          gt: Bound('Later than this.'),
          gte: Bound('At this time or later.'),
          lt: Bound('Earlier than this.'),
          lte: Bound('At this time or earlier.'),
        }),
      ),
      project_ids: Wanted('Events of these projects.'),
      event_types: Type.Optional(
        Type.Array(Enum([...auditEventTypes]), {
          description: 'Events of these types; any published one can be asked for.',
        }),
      ),
      actor_ids: Wanted('Events that these users, service accounts or API keys caused.'),
      actor_emails: Wanted(
        'Events that the users with these e-mail addresses caused, compared without regard to case.',
      ),
      resource_ids: Wanted('Events about these objects.'),
      tenant_only: Type.Boolean({
        default: false,
        description:
          'Only events of a tenant, which this server has none of. With it, every event type must be such a one.',
      }),
    }),
    reply: List(AuditLog),
  }),
}
