import type { TestApp } from '../support/harness.ts'
import { keptOfCalls, tablesOfOrganizations } from '../support/tables.ts'

/** Of the tables with an `organization_id`, those that hold what is set. Which they are does not matter here; the type is one of theirs. */
const configuration = tablesOfOrganizations.filter(
  (name) => name !== 'audit_log' && !keptOfCalls.includes(name),
) as 'project'[]

type Row = Record<string, unknown>
/** All that is set in some organizations: rows as text, each with its table and what it says. */
export type Snapshot = ReadonlyMap<string, { table: string; row: Row }>

export async function snapshot({ db }: TestApp, organizations: readonly string[]): Promise<Snapshot> {
  const rows = new Map<string, { table: string; row: Row }>()
  const add = (table: string, row: Row) => {
    // When keys were used is written now and then, by nobody.
    const { last_used_at: _, api_key_last_used_at: __, ...kept } = row
    rows.set(`${table} ${JSON.stringify(kept)}`, { table, row })
  }
  for (const table of configuration) {
    const all = await db.selectFrom(table).selectAll().where('organization_id', 'in', organizations).execute()
    for (const row of all) add(table, row)
  }
  const own = await db.selectFrom('organization').selectAll().where('id', 'in', organizations).execute()
  for (const row of own) add('organization', { ...row, organization_id: row.id })
  return rows
}

/** An event as far as it can explain a change: what it is about, whose it is, and who made it. */
export type Event = { organizationId: string; type: string; text: string; actorId: string | null }

/** The events behind one of the log's ids; null: all. Refusals explain nothing. */
export async function eventsSince({ db }: TestApp, organizations: readonly string[], last: string | null) {
  const rows = await db
    .selectFrom('audit_log')
    .select(['id', 'organization_id', 'type', 'actor_id', 'resource_id', 'project_id', 'payload'])
    .where('organization_id', 'in', organizations)
    .where('id', '>', last ?? '')
    .orderBy('id')
    .execute()
  const events = rows
    .filter(({ type }) => !type.endsWith('.failed'))
    .map(
      (row): Event => ({
        organizationId: row.organization_id,
        type: row.type,
        actorId: row.actor_id,
        text: `${row.resource_id} ${row.project_id} ${row.payload}`,
      }),
    )
  return { events, last: rows.at(-1)?.id ?? last }
}

/** How the types of the events begin that may change a table. */
const explainedBy: Record<string, readonly string[]> = {
  organization: ['organization.'],
  organization_user: ['user.', 'invite.', 'role.assignment.'],
  project: ['project.'],
  project_user: ['user.', 'invite.', 'role.assignment.', 'project.'],
  service_account: ['service_account.', 'role.assignment.'],
  admin_api_key: ['api_key.', 'user.'],
  project_api_key: ['api_key.', 'service_account.'],
  invite: ['invite.'],
  session: ['login.', 'logout.', 'user.', 'invite.'],
  user_password: ['user.', 'invite.'],
  password_link: ['user.'],
  second_factor: ['user.'],
  second_factor_setup: ['user.'],
  recovery_code: ['user.'],
  passkey: ['user.'],
  passkey_challenge: ['user.'],
  oidc_identity: ['user.'],
  rate_limit: ['rate_limit.'],
  role: ['role.'],
  role_assignment: ['role.', 'user.', 'invite.', 'service_account.', 'group.', 'project.'],
  user_group: ['group.'],
  group_user: ['group.', 'user.', 'service_account.'],
  project_group: ['role.assignment.', 'group.', 'project.'],
  project_policy: ['project.'],
  organization_policy: ['organization.'],
  spend_alert: ['project.', 'organization.'],
  certificate: ['certificate.', 'certificates.'],
  project_certificate: ['certificates.', 'certificate.'],
}

type Change = { how: 'new' | 'gone' | 'changed'; table: string; row: Row; text: string }

/** What goes at once of all that somebody has, however many: the events of it name the user alone. */
const goesWithUser: Record<string, (event: Event) => boolean> = {
  session: ({ type }) => /^(logout|user|invite)\./.test(type),
  passkey: ({ type, text }) => type === 'user.deleted' || text.includes('"second_factor":"reset"'),
}

/** What signing in uses up or counts. Its event names the session; the user is who made it. */
const usedBySigningIn: Record<string, Change['how']> = {
  // The oldest of very many.
  session: 'gone',
  passkey_challenge: 'gone',
  passkey: 'changed',
  second_factor: 'changed',
}

/** In words, each row that came, went or changed although the log has no event of its kind about it. */
export function unexplained(before: Snapshot, after: Snapshot, events: readonly Event[]): string[] {
  return changesBetween(before, after)
    .filter((change) => !isExplained(change, events))
    .map(({ how, row, text }) => {
      const told = events.filter((event) => allIdsOf(row).some((id) => event.text.includes(id) || event.actorId === id))
      const types = [...new Set(told.map(({ type }) => type))].join(', ')
      return `${how}: ${text.slice(0, 500)}; recorded of what it names: ${types || 'nothing'}`
    })
}

function changesBetween(before: Snapshot, after: Snapshot): Change[] {
  const only = (one: Snapshot, other: Snapshot) =>
    [...one].filter(([text]) => !other.has(text)).map(([text, { table, row }]) => ({ table, row, text }))
  const gone = only(before, after)
  const come = only(after, before).map((now): Change => {
    const at = gone.findIndex(({ table, row }) => table === now.table && identityOf(row) === identityOf(now.row))
    if (at >= 0) gone.splice(at, 1)
    return { ...now, how: at >= 0 ? 'changed' : 'new' }
  })
  return [...gone.map((was): Change => ({ ...was, how: 'gone' })), ...come]
}

function isExplained({ how, table, row }: Change, events: readonly Event[]): boolean {
  const kinds = explainedBy[table]
  if (kinds === undefined) throw new Error(`nobody has said which events change ${table}`)
  const user = String(row.user_id)
  return events.some((event) => {
    const { organizationId, type, text, actorId } = event
    if (organizationId !== row.organization_id) return false
    if (kinds.some((kind) => type.startsWith(kind)) && idsOf(row).some((id) => text.includes(id))) return true
    if (how === 'gone' && goesWithUser[table]?.(event) && text.includes(user)) return true
    return how === usedBySigningIn[table] && type === 'login.succeeded' && actorId === user
  })
}

/** The row's own id; of what has none, those that it joins. */
function idsOf(row: Row): string[] {
  if (typeof row.id === 'string') return [row.id]
  const joined = allIdsOf(row).filter((id) => id !== row.organization_id)
  return joined.length > 0 ? joined : [String(row.organization_id)]
}

/** The ids of the row and of all that it names. */
const allIdsOf = (row: Row) =>
  Object.entries(row)
    .filter(([name, value]) => /^id$|_id$/.test(name) && typeof value === 'string')
    .map(([, value]) => String(value))

/** What stays the same of a row that changes. Of codes and challenges somebody has several, of limits a project has. */
const identityOf = (row: Row) => JSON.stringify('id' in row ? row.id : [...allIdsOf(row), row.hash, row.model])
