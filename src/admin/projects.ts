import { ApiError, projectArchived } from '../contract/error.ts'
import type { Project, projects as routes } from '../contract/projects.ts'
import type { Row } from '../db/tables.ts'
import type { Caller, Handlers } from './handlers.ts'
import { behind, page } from './page.ts'
import { type Part, searching, sifted } from './sifted.ts'

export const projects: Handlers<typeof routes> = {
  async list({ db, caller, isLeft, query }) {
    const { status, name } = query
    const all = db.selectFrom('project').select('id').where('organization_id', '=', caller.organizationId)
    const isAll = status === undefined ? query.include_archived : status === 'archived'
    const ids = isAll ? all : all.where('archived_at', 'is', null)
    const rows = (part: Part) => {
      // What is looked through is read as it stands: for a thousand ids PostgreSQL would read all projects.
      if (part.limit > query.limit) return behind(ids.clearSelect().selectAll(), part, 'project').execute()
      return db
        .selectFrom(behind(ids, part, 'project').as('page'))
        .crossJoin('project as p')
        .selectAll('p')
        .where('p.organization_id', '=', caller.organizationId)
        .whereRef('p.id', '=', 'page.id')
        .orderBy('p.id')
        .execute()
    }
    const named = searching(name)
    const passes = (one: Row<'project'>) => (status !== 'archived' || one.archived_at !== null) && named(one.name)
    return page(await sifted(isLeft, query, rows, passes), query.limit, view)
  },

  async create({ db, caller, body, now, newId }) {
    refusePlacement(body)
    const row = {
      id: newId('project'),
      organization_id: caller.organizationId,
      name: body.name,
      created_at: now,
      archived_at: null,
    }
    await db.insertInto('project').values(row).execute()
    const audit = { id: row.id, data: { name: row.name, title: row.name } }
    return { reply: view(row), audit }
  },

  async retrieve({ project }) {
    return view(project)
  },

  async update({ db, caller, project, body }) {
    refuseDefault(caller, project, 'changed')
    refusePlacement(body)
    const name = body.name ?? project.name
    await db
      .updateTable('project')
      .set({ name })
      .where('organization_id', '=', project.organization_id)
      .where('id', '=', project.id)
      .execute()
    return { reply: view({ ...project, name }), audit: { id: project.id, changes_requested: { title: name } } }
  },

  // Nothing below the project is touched: every look-up asks whether the project is active, so all of it stops at once.
  async archive({ db, caller, project, now }) {
    refuseDefault(caller, project, 'archived')
    const done = await db
      .updateTable('project')
      .set({ archived_at: now })
      .where('organization_id', '=', project.organization_id)
      .where('id', '=', project.id)
      .where('archived_at', 'is', null)
      .executeTakeFirst()
    if (done.numUpdatedRows === 0n) throw projectArchived(project.id)
    return { reply: view({ ...project, archived_at: now }), audit: { id: project.id } }
  },
}

function refuseDefault(caller: Caller, project: Row<'project'>, what: string) {
  if (project.id !== caller.defaultProjectId) return
  const message = `Project '${project.id}' is the default project of the organization, which cannot be ${what}.`
  throw new ApiError('default_project_not_modifiable', message, { param: 'project_id' })
}

/** Where data live and which key encrypts them: asking for what this server has not is refused, never ignored. */
function refusePlacement(body: {
  residency?: string | null
  geography?: string | null
  external_key_id?: string | null
}) {
  const { residency = null, geography = null, external_key_id = null } = body
  if (residency !== null && geography !== null) {
    const message = "Provide either 'residency' or 'geography', not both. 'geography' is deprecated."
    throw new ApiError('residency_not_available', message, { param: 'geography' })
  }
  for (const [param, value] of Object.entries({ residency, geography })) {
    if (value === null || (param === 'residency' && value === 'GLOBAL')) continue
    const message = `'${value}' is not available: this server keeps its data where it runs, which is 'GLOBAL'.`
    throw new ApiError('residency_not_available', message, { param })
  }
  if (external_key_id !== null) {
    const message = `No such external key: '${external_key_id}'. This server has none registered.`
    throw new ApiError('external_key_not_found', message, { param: 'external_key_id' })
  }
}

function view(row: Row<'project'>): Project {
  return {
    id: row.id,
    object: 'organization.project',
    name: row.name,
    created_at: row.created_at,
    archived_at: row.archived_at,
    status: row.archived_at === null ? 'active' : 'archived',
    external_key_id: null,
    residency: 'GLOBAL',
  }
}
