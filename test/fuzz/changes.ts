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

/** An event as far as it can explain a change: what it is about, and whose it is. */
export type Event = { organizationId: string; type: string; text: string }

/** The events behind one of the log's ids; null: all. Refusals explain nothing. */
export async function eventsSince({ db }: TestApp, organizations: readonly string[], last: string | null) {
  const rows = await db
    .selectFrom('audit_log')
    .select(['id', 'organization_id', 'type', 'resource_id', 'project_id', 'payload'])
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
  passkey: ['user.', 'login.'],
  passkey_challenge: ['user.', 'login.'],
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

/** Rows that came, went or changed although the log has no event of their kind about them. */
export function unexplained(before: Snapshot, after: Snapshot, events: readonly Event[]): string[] {
  const found: string[] = []
  for (const [one, other] of [
    [before, after],
    [after, before],
  ] as const) {
    for (const [text, { table, row }] of one) {
      if (!other.has(text) && !isExplained(table, row, events)) found.push(text.slice(0, 500))
    }
  }
  return found
}

function isExplained(table: string, row: Row, events: readonly Event[]): boolean {
  const kinds = explainedBy[table]
  if (kinds === undefined) throw new Error(`nobody has said which events change ${table}`)
  // All of somebody's sessions end at once, with an event about their user.
  const ids = table === 'session' ? [row.id, row.user_id].map(String) : idsOf(row)
  return events.some(
    ({ organizationId, type, text }) =>
      organizationId === row.organization_id &&
      kinds.some((kind) => type.startsWith(kind)) &&
      ids.some((id) => text.includes(id)),
  )
}

/** The row's own id; of what has none, those that it joins. */
function idsOf(row: Row): string[] {
  const own = row.id
  if (typeof own === 'string') return [own]
  return Object.entries(row)
    .filter(([name, value]) => name.endsWith('_id') && typeof value === 'string')
    .filter(([name]) => name !== 'organization_id' || Object.keys(row).length < 5)
    .map(([, value]) => String(value))
}
