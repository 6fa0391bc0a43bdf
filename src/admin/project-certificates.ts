import type { ProjectCertificate, projectCertificates as routes } from '../contract/project-certificates.ts'
import { factsOf, type ListedCertificate, record, validityOf, wantedCertificates } from './certificates.ts'
import type { Handlers } from './handlers.ts'
import { ownedBy } from './owned.ts'
import { behind, page } from './page.ts'

export const projectCertificates: Handlers<typeof routes> = {
  async list({ db, project, query }) {
    const all = db
      .selectFrom('certificate as c')
      .leftJoin('project_certificate as a', (join) =>
        join
          .onRef('a.organization_id', '=', 'c.organization_id')
          .onRef('a.certificate_id', '=', 'c.id')
          .on('a.project_id', '=', project.id),
      )
      .select(['c.id', 'c.name', 'c.valid_at', 'c.expires_at', 'c.created_at', 'c.activated_at'])
      .select('a.activated_at as activated_here_at')
      .where('c.organization_id', '=', project.organization_id)
    const rows = behind(all, query, 'certificate', 'c.id')
    return page(await rows.execute(), query.limit, (row) => ({
      ...view(row, row.activated_here_at !== null),
      inherited: row.activated_at !== null,
    }))
  },

  async activate({ db, project, body, now }) {
    const rows = await wantedCertificates(db, project.organization_id, body.certificate_ids)
    const { organization_id, id: project_id } = project
    await db
      .insertInto('project_certificate')
      .values(rows.map(({ id }) => ({ organization_id, project_id, certificate_id: id, activated_at: now })))
      .onConflict((conflict) => conflict.columns(['project_id', 'certificate_id']).doNothing())
      .execute()
    const data = rows.map((row) => view(row, true))
    const reply = { object: 'organization.project.certificate.activation' as const, data }
    return { reply, ...record('certificates.activated', rows) }
  },

  async deactivate({ db, project, body }) {
    const rows = await wantedCertificates(db, project.organization_id, body.certificate_ids)
    const ids = rows.map(({ id }) => id)
    await db
      .deleteFrom('project_certificate')
      .where((eb) => eb.and(ownedBy(project)))
      .where('certificate_id', 'in', ids)
      .execute()
    const data = rows.map((row) => view(row, false))
    const reply = { object: 'organization.project.certificate.deactivation' as const, data }
    return { reply, ...record('certificates.deactivated', rows) }
  },
}

/** @param active what the project itself says: what the organization activated is active in it all the same */
function view(row: ListedCertificate, active: boolean): ProjectCertificate {
  return {
    object: 'organization.project.certificate',
    ...factsOf(row),
    active,
    certificate_details: validityOf(row),
  }
}
