import type { Db } from '../../db/tables.ts'
import { decodeRules, type ProjectRules, settingColumns } from '../rules/index.ts'
import type { ProjectIds } from '../rules/rule.ts'
import type { Stored } from '../rules/stored.ts'

/** What the rules were decoded from: where it has not changed, neither have they. */
const written = new WeakMap<ProjectRules, string>()

/**
 * The rules of a project as the database has them now; null where there is none. Three statements. Where nothing has changed
 * since `last`, that very object: what was worked out from it (windows, certificates that passed) stays good.
 */
export async function loadRules(db: Db, project: ProjectIds, last: ProjectRules | null): Promise<ProjectRules | null> {
  const [settings, limits, authorities] = await Promise.all([
    findSettings(db, project),
    findLimits(db, project),
    findAuthorities(db, project),
  ])
  if (!settings) return null
  const stored: Stored = { ...settings, limits, authorities }
  return rulesFrom(project, JSON.stringify(stored), last)
}

/** What rules were decoded from, as text; null of those that came from elsewhere. */
export const sourceOf = (rules: ProjectRules): string | null => written.get(rules) ?? null

/** Rules from what is stored of a project, as text: `last` where it is the same. */
export function rulesFrom(project: ProjectIds, source: string, last: ProjectRules | null): ProjectRules {
  if (last !== null && written.get(last) === source) return last
  const rules = decodeRules(project, JSON.parse(source) as Stored)
  written.set(rules, source)
  return rules
}

type Settings = Pick<Stored, 'archivedAt' | 'project' | 'organization'>

/** The columns that some rule reads, of the project's own settings and of its organization's. */
async function findSettings(db: Db, { organizationId, projectId }: ProjectIds): Promise<Settings | null> {
  const row = await db
    .selectFrom('project as p')
    .leftJoin('project_policy as project', (join) =>
      join.onRef('project.project_id', '=', 'p.id').onRef('project.organization_id', '=', 'p.organization_id'),
    )
    .leftJoin('organization_policy as organization', 'organization.organization_id', 'p.organization_id')
    .select('p.archived_at')
    .select(settingColumns.map((column) => `${column} as ${column}` as const))
    .where('p.organization_id', '=', organizationId)
    .where('p.id', '=', projectId)
    .executeTakeFirst()
  if (!row) return null
  // Every column of both is in the list, or it would not compile.
  const settings = { archivedAt: row.archived_at, project: {}, organization: {} } as Settings
  for (const column of settingColumns) {
    const [whose, name] = column.split('.') as ['project' | 'organization', string]
    Object.assign(settings[whose], { [name]: (row as Record<string, unknown>)[column] })
  }
  return settings
}

const findLimits = (db: Db, { organizationId, projectId }: ProjectIds) =>
  db
    .selectFrom('rate_limit')
    .select(['model', 'limits'])
    .where('organization_id', '=', organizationId)
    .where('project_id', '=', projectId)
    .orderBy('model')
    .execute()

/** Active authorities: the organization's, which count in every project, and the project's own. */
function findAuthorities(db: Db, { organizationId, projectId }: ProjectIds) {
  return db
    .selectFrom('certificate as c')
    .leftJoin('project_certificate as a', (join) =>
      join
        .onRef('a.organization_id', '=', 'c.organization_id')
        .onRef('a.certificate_id', '=', 'c.id')
        .on('a.project_id', '=', projectId),
    )
    .select(['c.id', 'c.content'])
    .where('c.organization_id', '=', organizationId)
    .where((eb) => eb.or([eb('c.activated_at', 'is not', null), eb('a.activated_at', 'is not', null)]))
    .orderBy('c.id')
    .execute()
}
