import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  DummyDriver,
  Kysely,
  type OperationNode,
  type RootOperationNode,
  SqliteAdapter,
  SqliteIntrospector,
  SqliteQueryCompiler,
  sql,
} from 'kysely'
import {
  deleteExpiredOwned,
  deleteUsageMinutes,
  deleteWriters,
  nextUsagePart,
  oldWriters,
} from '../../src/db/retention.ts'
import type { Tables } from '../../src/db/tables.ts'
import { exceptions } from './organization-exceptions.ts'
import { OrganizationFilter } from './organization-filter.ts'
import { namesIn } from './tables.ts'

const filter = new OrganizationFilter()
const dialect = {
  createAdapter: () => new SqliteAdapter(),
  createDriver: () => new DummyDriver(),
  createIntrospector: (db: Kysely<unknown>) => new SqliteIntrospector(db),
  createQueryCompiler: () => new SqliteQueryCompiler(),
}
const db = new Kysely<Tables>({ dialect })

type Statement = { toOperationNode: () => OperationNode }
const judge = (statement: Statement, by = filter) =>
  by.transformQuery({ node: statement.toOperationNode() as RootOperationNode })

const users = db.selectFrom('organization_user as u').select('u.id').where('u.id', '=', 'user-a')
const keys = db.selectFrom('admin_api_key as k').select('k.id').where('k.organization_id', '=', 'org-a')

const rollups = db.selectFrom('usage_rollup').select('kind')
const migrated = exceptions.find(({ name }) => name === 'roles of users become assignments')?.statement ?? ''

const refused: Record<string, Statement> = {
  'a select': db.selectFrom('project').selectAll().where('id', '=', 'proj_a'),
  'a select under another name': users,
  'a select of all': db.selectFrom('project').selectAll(),
  'an update': db.updateTable('project').set({ name: 'x' }).where('id', '=', 'proj_a'),
  'an update that only sets it': db.updateTable('project').set({ organization_id: 'org-a' }).where('id', '=', 'proj_a'),
  'a deletion': db.deleteFrom('group_user').where('user_id', '=', 'user-a'),
  'an insert': db.insertInto('project_certificate').values({ project_id: 'proj_a' } as never),
  'a filter that is one of two': users.where((eb) =>
    eb.or([eb('u.organization_id', '=', 'org-a'), eb('u.name', '=', 'x')]),
  ),
  'a filter that takes all others': users.where('u.organization_id', '!=', 'org-a'),
  'a filter by itself': users.whereRef('u.organization_id', '=', 'u.organization_id'),
  'a join of which one side is filtered': keys.innerJoin('organization_user as u', 'u.id', 'k.user_id'),
  'a left join of which one side is filtered': keys.leftJoin('organization_user as u', 'u.id', 'k.user_id'),
  'a left join that filters only what is joined': db
    .selectFrom('project as p')
    .leftJoin('organization_user as u', (join) =>
      join.onRef('u.organization_id', '=', 'p.organization_id').on('p.organization_id', '=', 'org-a'),
    )
    .select('p.id'),
  'a left join tied to something that only its own condition filters': db
    .selectFrom('project as p')
    .leftJoin('organization_user as u', (join) =>
      join.onRef('u.organization_id', '=', 'p.organization_id').on('u.organization_id', '=', 'org-a'),
    )
    .select('p.id'),
  'a right join with a filter on what is joined': keys.rightJoin('organization_user as u', (join) =>
    join.onRef('u.organization_id', '=', 'k.organization_id'),
  ),
  'a filter in a subquery on what is around it': users.where(({ exists, selectFrom }) =>
    exists(selectFrom('meta').select('key').where('u.organization_id', '=', 'org-a')),
  ),
  'two that are tied to one another alone': db
    .selectFrom('admin_api_key as k')
    .innerJoin('organization_user as u', 'u.organization_id', 'k.organization_id')
    .select('k.id'),
  'a subquery in a condition': keys.where('k.user_id', 'in', users),
  'a subquery that is selected': keys.select(users.as('owner')),
  'a subquery that is selected from': db.selectFrom(users.as('u')).select('u.id'),
  'a subquery that must find nothing': keys.where(({ not, exists }) => not(exists(users))),
  'the second half of a union': keys.unionAll(users),
  'what an insert copies': db
    .insertInto('project_user')
    .columns(['organization_id', 'project_id', 'user_id', 'added_at'])
    .expression(
      db
        .selectFrom('project')
        .select(['organization_id', 'id', sql<string>`'u'`.as('u'), 'created_at'])
        .limit(1),
    ),
  'a common table': db
    .with('mine', () => users)
    .selectFrom('mine')
    .select('id'),
  'all of a table that an exception goes through': db.selectFrom('usage_rollup').selectAll(),
  'all of another such table': db.selectFrom('limit_level').selectAll().limit(1),
  'such a table by a filter that is one of two': rollups.where((eb) =>
    eb.or([eb('organization_id', '=', 'org-a'), eb('kind', '=', 'costs')]),
  ),
  'such a table by a filter that must not hold': rollups.where((eb) => eb.not(eb('organization_id', '=', 'org-a'))),
  'such a table in the same way, and more': rollups.orderBy('organization_id').orderBy('kind').offset(1).limit(1),
  'a merge': db.mergeInto('project').using('meta', 'meta.key', 'project.id').whenMatched().thenDelete(),
  'a text': sql`select 1 from group_user g where g.user_id = 'user-a'`,
  'a text that names it behind another': sql`select 1 from meta, project p`,
  'a text that names it with its schema': sql`select * from main.project`,
  'a text that names it in quotes and capitals': sql`select * from "PROJECT"`,
  'a text that calls something else the same': sql`with project as (select * from project) select * from project`,
  'a text into which the name is put': sql`select * from ${sql.table('project')}`,
  'a text into which another is put': sql`select * from ${sql.raw('project')}`,
  'a text that is selected from': db.selectFrom(sql<{ id: string }>`project`.as('p')).select('p.id'),
  'a text that is joined': keys.innerJoin(sql<{ id: string }>`project`.as('p'), 'p.id', 'k.user_id'),
  'a text into which a column is put': sql`select ${sql.ref('project.id')} from meta`,
  'a text that goes on behind an exception': sql.raw(`${migrated} or 1 = 1`),
  'a text within a statement': keys.where(sql<boolean>`exists (select 1 from group_user where user_id = k.user_id)`),
}

for (const [what, statement] of Object.entries(refused)) {
  test(`refused without the organization: ${what}`, () => {
    assert.throws(() => judge(statement), /a statement without the organization/)
  })
}

const mine = db.selectFrom('organization_user as u').select('u.id').where('u.organization_id', '=', 'org-a')

const allowed: Record<string, Statement> = {
  'a select': db.selectFrom('project').selectAll().where('organization_id', '=', 'org-a').where('id', '=', 'proj_a'),
  'an update': db.updateTable('project').set({ name: 'x' }).where('organization_id', '=', 'org-a'),
  'a deletion': db.deleteFrom('group_user').where('organization_id', '=', 'org-a'),
  'conditions in brackets': db
    .deleteFrom('group_user')
    .where((eb) => eb.and([eb('organization_id', '=', 'org-a'), eb('user_id', '=', 'user-a')])),
  'a join that is tied': keys.leftJoin('organization_user as u', (join) =>
    join.onRef('u.organization_id', '=', 'k.organization_id').onRef('u.id', '=', 'k.user_id'),
  ),
  'a join that is tied through another': keys
    .innerJoin('organization_user as u', 'u.organization_id', 'k.organization_id')
    .innerJoin('role as r', 'r.organization_id', 'u.organization_id'),
  'a join with the organization itself': db
    .selectFrom('organization as o')
    .leftJoin('project as p', 'p.organization_id', 'o.id')
    .select('p.id')
    .where('o.id', '=', 'org-a'),
  'a subquery that is tied to what is around it': keys.where(({ exists, selectFrom }) =>
    exists(selectFrom('group_user as g').select('g.group_id').whereRef('g.organization_id', '=', 'k.organization_id')),
  ),
  'a union of two': keys.unionAll(mine),
  'a common table': db
    .with('mine', () => mine)
    .selectFrom('mine')
    .select('id'),
  'an insert': db
    .insertInto('project_certificate')
    .values({ organization_id: 'org-a', project_id: 'proj_a', certificate_id: 'cert_a', activated_at: 1 }),
  'tables of no organization': db.selectFrom('meta').selectAll(),
  'a left join behind a filter': db
    .selectFrom('project as p')
    .leftJoin('organization_user as u', 'u.organization_id', 'p.organization_id')
    .where('p.organization_id', '=', 'org-a'),
  'a text about a column that is called like a table': keys.where(sql<boolean>`k.role <> 'role'`),
  'a text that makes an index': sql`create unique index project_active on project (id) where archived_at is null`,
  'a text about columns that are packed, one of which is called like a table': sql`select json_array(batch, x), row_number() over (order by batch) from (${keys.where('k.organization_id', '=', 'o')})`,
  'a text about nothing of theirs': sql`select 1`,
  'a text about what it makes itself': sql`with a as (select 1) select * from a`,
}

for (const [what, statement] of Object.entries(allowed)) {
  test(`allowed: ${what}`, () => {
    assert.ok(judge(statement))
  })
}

test('what was refused is known even where somebody caught it', () => {
  const fresh = new OrganizationFilter()
  assert.throws(() => judge(users, fresh))
  assert.deepEqual(fresh.objections, ['organization_user: select from organization_user as u where u.id = ?'])
})

test('the name of no table is lost to a comment, to another type or to a second interface', () => {
  const source = 'export interface Tables {\n  a: A // one\n  /* two: Two */\n  b: B<string>\n}\n'
  assert.deepEqual(namesIn(source), ['a', 'b'])
  for (const entry of ['c?: C', 'c: { id: string }', 'c: C; d: D', '[name: string]: C', "'c': C"]) {
    assert.throws(() => namesIn(source.replace('}', `  ${entry}\n}`)), /no name of a table/, entry)
  }
  assert.throws(() => namesIn(`${source}interface Tables {\n  c: C\n}\n`), /not one interface/)
  assert.throws(() => namesIn(source.replace('Tables', 'Tables extends More')), /not one interface/)
  assert.throws(() => namesIn(''), /not one interface/)
})

test('an exception is for its own columns, and what is joined with its row must still be tied to it', () => {
  const byHash = db.selectFrom('admin_api_key as k').select('k.id').where('k.hash', '=', 'a')
  assert.ok(judge(byHash))
  assert.throws(() => judge(byHash.where('k.name', '=', 'x')))
  assert.throws(() => judge(db.deleteFrom('admin_api_key').where('hash', '=', 'a')))
  assert.throws(() => judge(byHash.innerJoin('organization_user as u', 'u.id', 'k.user_id')))
  const tied = byHash.innerJoin('organization_user as u', 'u.organization_id', 'k.organization_id')
  assert.ok(judge(tied))
})

test('what goes through all organizations passes', async () => {
  const filtered = new Kysely<Tables>({ dialect, plugins: [filter] })
  assert.equal(await nextUsagePart(filtered, null), null)
  assert.equal(await nextUsagePart(filtered, { organization_id: 'org-a', kind: 'costs' }), null)
  await deleteUsageMinutes(filtered, { organization_id: 'org-a', kind: 'costs' }, 3600)
  await deleteExpiredOwned(filtered, 1)
  assert.deepEqual(await oldWriters(filtered, 1), [])
  await deleteWriters(filtered, ['gone'])
})

test('every exception has a name of its own and a reason', () => {
  assert.equal(new Set(exceptions.map(({ name }) => name)).size, exceptions.length)
  assert.deepEqual(
    exceptions.filter(({ name, why }) => name === '' || why === ''),
    [],
  )
})
