import { type RawBuilder, sql } from 'kysely'
import { isPostgres } from '../src/db/dialect.ts'
import type { Db } from '../src/db/tables.ts'
import { numbered, series } from './made-up.ts'

/** Roles and groups on the longest pages there are. */
const LONGEST = 1000
/** Rows of one statement: each has ten seconds. */
const AT_ONCE = 5000
const PERMISSIONS = ['groups', 'roles', 'projects', 'users', 'invites'].flatMap((what) =>
  ['read', 'write'].map((how) => `api.organization.${what}.${how}`),
)

/** An organization whose lists are full: projects and events, as many as that, and roles and groups. */
export async function fillLists(db: Db, organizationId: string, rows: number): Promise<void> {
  const of = sql`${organizationId}`
  const insert = async (table: string, columns: Record<string, RawBuilder<unknown>>, count: number) => {
    const names = sql.join(Object.keys(columns).map((name) => sql.ref(name)))
    const values = sql.join(Object.values(columns))
    for (let from = 0; from < count; from += AT_ONCE) {
      const rows = series(db, Math.min(AT_ONCE, count - from), from)
      await sql`insert into ${sql.table(table)} (${names}) select ${values} from ${rows}`.execute(db)
    }
  }
  const made = (prefix: string) => ({ id: numbered(db, prefix, sql`i`), organization_id: of, created_at: sql`1` })
  const name = numbered(db, 'n', sql`i`)
  await insert('project', { ...made('proj_'), name }, rows)
  await insert('user_group', { ...made('group_'), name }, LONGEST)
  const permissions = sql`${JSON.stringify(PERMISSIONS)}`
  const role = { ...made('role_'), name, permissions, resource_id: of, updated_at: sql`1` }
  await insert('role', role, LONGEST)
  const actor = { type: 'api_key', api_key: { id: 'key_x', type: 'user', user: { id: 'user-x', email: 'u@x.io' } } }
  const event = {
    id: numbered(db, 'audit_log-', sql`i`),
    organization_id: of,
    type: sql`'role.updated'`,
    effective_at: sql`1700000000 + i`,
    project_id: numbered(db, 'proj_', sql`i % 500`),
    actor_id: sql`'user-x'`,
    actor: sql`${JSON.stringify(actor)}`,
    resource_id: numbered(db, 'role_', sql`i`),
    payload: sql`${JSON.stringify({ id: 'role_x', changes_requested: { permissions_added: PERMISSIONS } })}`,
  }
  await insert('audit_log', event, rows)
  if (isPostgres(db)) await sql`analyze`.execute(db)
}
