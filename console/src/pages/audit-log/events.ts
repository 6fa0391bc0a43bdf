import type { AuditType } from '../../../../src/core/audit.ts'
import type { Input, Item } from '../../api/operations.ts'
import type { LogFilters } from '../../routes/views.ts'

export type Event = Item<'GET /v1/organization/audit_logs'>
export type Query = NonNullable<Input<'GET /v1/organization/audit_logs'>['query']>

/** What each event is called. */
export const happenings: Record<AuditType, string> = {
  'api_key.created': 'Key created',
  'api_key.updated': 'Key changed',
  'api_key.deleted': 'Key deleted',
  'certificate.created': 'Certificate added',
  'certificate.updated': 'Certificate changed',
  'certificate.deleted': 'Certificate deleted',
  'certificates.activated': 'Certificates activated',
  'certificates.deactivated': 'Certificates deactivated',
  'group.created': 'Group created',
  'group.updated': 'Group changed',
  'group.deleted': 'Group deleted',
  'invite.sent': 'Invite sent',
  'invite.accepted': 'Invite accepted',
  'invite.deleted': 'Invite withdrawn',
  'login.failed': 'Sign-in failed',
  'login.succeeded': 'Signed in',
  'logout.failed': 'Sign-out failed',
  'logout.succeeded': 'Signed out',
  'organization.updated': 'Organization changed',
  'project.created': 'Project created',
  'project.updated': 'Project changed',
  'project.archived': 'Project archived',
  'rate_limit.updated': 'Rate limit changed',
  'role.created': 'Role created',
  'role.updated': 'Role changed',
  'role.deleted': 'Role deleted',
  'role.assignment.created': 'Role given',
  'role.assignment.deleted': 'Role removed',
  'service_account.created': 'Service account created',
  'service_account.updated': 'Service account changed',
  'service_account.deleted': 'Service account deleted',
  'user.added': 'User added',
  'user.updated': 'User changed',
  'user.deleted': 'User removed',
}

export const happening = ({ type }: Event): string => happenings[type as AuditType] ?? type

/** What the log is asked for. Who did it is an address or an id. */
export function queryOf({ type, actor, project, from, until }: LogFilters): Query {
  return {
    ...(type !== undefined && { event_types: [type as AuditType] }),
    ...(actor !== undefined && (actor.includes('@') ? { actor_emails: [actor] } : { actor_ids: [actor] })),
    ...(project !== undefined && { project_ids: [project] }),
    ...((from !== undefined || until !== undefined) && {
      effective_at: { ...(from !== undefined && { gte: from }), ...(until !== undefined && { lt: until }) },
    }),
  }
}

type Payload = { id?: string; [field: string]: unknown }
/** What an event says. */
export const payloadOf = (event: Event): Payload => (event as unknown as Record<string, Payload>)[event.type] ?? {}

/** The fields that an event sets: what was asked to be changed, or what a new thing began with. */
export function fieldsOf(event: Event): Record<string, unknown> {
  const { changes_requested, data } = payloadOf(event)
  const fields = changes_requested ?? data
  return typeof fields === 'object' && fields !== null ? (fields as Record<string, unknown>) : {}
}

/** What an event is about: its name where the event says one, else its id. */
export function objectOf(event: Event): string {
  const { name, title, email } = fieldsOf(event)
  return [name, title, email, payloadOf(event).id].find((word) => typeof word === 'string' && word !== '') as string
}

/** Who did it, in a word; null: the command line, on the database itself. */
export function actorOf({ actor }: Event): { name: string; id: string; way: string } | null {
  if (actor === null) return null
  if (actor.session)
    return { name: actor.session.user.email, id: actor.session.user.id, way: 'Signed in to the console' }
  const key = actor.api_key
  const name = key?.user?.email ?? key?.service_account?.id ?? key?.id ?? ''
  return { name, id: key?.user?.id ?? key?.service_account?.id ?? '', way: `With the key ${key?.id}` }
}
