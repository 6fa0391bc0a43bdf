import { X509Certificate } from 'node:crypto'
import type { Limits } from '../../core/catalogue.ts'
import {
  DEFAULT_PROJECT_RETENTION,
  DEFAULT_RETENTION,
  hostedTools,
  type OrganizationRetention,
  type ProjectRetention,
  TIER_DEFAULTS,
} from '../../core/policy.ts'
import type { Db, Row } from '../../db/tables.ts'
import type { ProjectRules } from './rules.ts'

/** What the rules were decoded from: where it has not changed, neither have they. */
const written = new WeakMap<ProjectRules, string>()

/**
 * The rules of a project as the database has them now; null where there is none. Three statements. Where nothing has changed
 * since `last`, that very object: what was worked out from it (windows, certificates that passed) stays good.
 */
export async function loadRules(db: Db, projectId: string, last: ProjectRules | null): Promise<ProjectRules | null> {
  const [policy, limits, authorities] = await Promise.all([
    findPolicy(db, projectId),
    findLimits(db, projectId),
    findAuthorities(db, projectId),
  ])
  if (!policy) return null
  const source = JSON.stringify([policy, limits, authorities])
  if (last !== null && written.get(last) === source) return last
  const rules = decode(projectId, policy, limits, authorities)
  written.set(rules, source)
  return rules
}

type Policy = NonNullable<Awaited<ReturnType<typeof findPolicy>>>

function findPolicy(db: Db, projectId: string) {
  return db
    .selectFrom('project as p')
    .leftJoin('project_policy as s', 's.project_id', 'p.id')
    .leftJoin('organization_policy as o', 'o.organization_id', 'p.organization_id')
    .select(['p.organization_id', 'p.archived_at', 's.model_mode', 's.model_ids'])
    .select(['s.code_interpreter_disabled_at', 's.file_search_disabled_at', 's.image_generation_disabled_at'])
    .select(['s.mcp_disabled_at', 's.web_search_disabled_at', 's.default_service_tier', 's.enabled_service_tiers'])
    .select(['s.data_retention as project_retention', 'o.data_retention as organization_retention'])
    .select(['s.spend_limit_cents as project_spend_limit', 'o.spend_limit_cents as organization_spend_limit'])
    .where('p.id', '=', projectId)
    .executeTakeFirst()
}

const findLimits = (db: Db, projectId: string) =>
  db.selectFrom('rate_limit').select(['model', 'limits']).where('project_id', '=', projectId).orderBy('model').execute()

/** Active authorities: the organization's, which count in every project, and the project's own. */
function findAuthorities(db: Db, projectId: string) {
  return db
    .selectFrom('project as p')
    .innerJoin('certificate as c', 'c.organization_id', 'p.organization_id')
    .leftJoin('project_certificate as a', (join) =>
      join.onRef('a.certificate_id', '=', 'c.id').onRef('a.project_id', '=', 'p.id'),
    )
    .select(['c.id', 'c.content'])
    .where('p.id', '=', projectId)
    .where((eb) => eb.or([eb('c.activated_at', 'is not', null), eb('a.activated_at', 'is not', null)]))
    .orderBy('c.id')
    .execute()
}

function decode(
  projectId: string,
  policy: Policy,
  limits: Pick<Row<'rate_limit'>, 'model' | 'limits'>[],
  authorities: { content: string }[],
): ProjectRules {
  return {
    organizationId: policy.organization_id,
    projectId,
    archived: policy.archived_at !== null,
    models: policy.model_mode && { mode: policy.model_mode, ids: new Set(JSON.parse(policy.model_ids ?? '[]')) },
    disabledTools: new Set(hostedTools.filter((tool) => policy[`${tool}_disabled_at`] !== null)),
    tier: {
      preset: policy.default_service_tier,
      enabled:
        policy.enabled_service_tiers === null ? TIER_DEFAULTS.enabled_tiers : JSON.parse(policy.enabled_service_tiers),
    },
    storesNothing: storesNothing(policy.project_retention, policy.organization_retention),
    limits: new Map(limits.map((row): [string, Limits] => [row.model, JSON.parse(row.limits)])),
    authorities: authorities.map(({ content }) => new X509Certificate(content)),
    spendLimits: { project: policy.project_spend_limit, organization: policy.organization_spend_limit },
  }
}

/** With zero data retention the original takes `store` for false, whatever is asked; other retentions are about its own logs. */
function storesNothing(project: ProjectRetention | null, organization: OrganizationRetention | null): boolean {
  const own = project ?? DEFAULT_PROJECT_RETENTION
  const effective = own === 'organization_default' ? (organization ?? DEFAULT_RETENTION) : own
  return effective === 'zero_data_retention' || effective === 'enhanced_zero_data_retention'
}
