import { ApiError, notFound } from '../contract/error.ts'
import type { ProjectGroup, projectGroups as routes } from '../contract/project-groups.ts'
import type { Row } from '../db/tables.ts'
import { findGroup, findProjectGroup, type GroupInProject, groupIdsOf, groupsOfProject } from './groups.ts'
import type { Handlers } from './handlers.ts'
import { ownedBy } from './owned.ts'
import { behind, nextPage } from './page.ts'
import { assign, groupHolding, removedAudit } from './role-assignments.ts'
import { unassignAll } from './role-store.ts'
import { inProject } from './roles.ts'

export const projectGroups: Handlers<typeof routes> = {
  async list({ db, project, query }) {
    const ids = behind(groupIdsOf(db, project), query, 'group', 'group_id')
    const rows = groupsOfProject(db, project, ids).orderBy('g.id', query.order)
    const found = project.archived_at === null ? await rows.execute() : []
    return nextPage(
      found,
      query.limit,
      (row) => view(project, row),
      ({ id }) => id,
    )
  },

  async create({ db, caller, project, body, now }) {
    const group = await findGroup(db, caller.organizationId, body.group_id)
    const row = { organization_id: caller.organizationId, project_id: project.id, group_id: group.id, created_at: now }
    const done = await db
      .insertInto('project_group')
      .values(row)
      .onConflict((conflict) => conflict.columns(['project_id', 'group_id']).doNothing())
      .executeTakeFirst()
    if (done.numInsertedOrUpdatedRows === 0n) {
      const message = `Group '${group.id}' already exists in project '${project.id}'.`
      throw new ApiError('group_already_in_project', message, { param: 'group_id' })
    }
    const resource = inProject(project)
    const { audit, rights } = await assign(db, resource, groupHolding(resource, group), body.role, now, 'role')
    return {
      reply: view(project, { ...group, added_at: now }),
      audit: { id: group.id, changes_requested: { projects_added: [project.id] } },
      also: [{ type: 'role.assignment.created', payload: audit }],
      rights,
    }
  },

  async retrieve({ db, project, params, query }) {
    // No group of another kind exists here.
    if (query.group_type === 'tenant_group') throw notFound('group', params.group_id, 'group_id')
    return view(project, await findProjectGroup(db, project, params.group_id))
  },

  async delete({ db, project, params }) {
    const group = await findProjectGroup(db, project, params.group_id)
    await db
      .deleteFrom('project_group')
      .where((eb) => eb.and(ownedBy(project)))
      .where('group_id', '=', group.id)
      .execute()
    const holding = groupHolding(inProject(project), group)
    const taken = await unassignAll(db, holding)
    const also = removedAudit(inProject(project), holding, taken.roleIds)
    const audit = { id: group.id, changes_requested: { projects_removed: [project.id] } }
    return {
      reply: { object: 'project.group.deleted', deleted: true },
      audit,
      also,
      rights: { permissions: taken.permissions },
    }
  },
}

function view(project: Row<'project'>, row: GroupInProject): ProjectGroup {
  return {
    object: 'project.group',
    project_id: project.id,
    group_id: row.id,
    group_name: row.name,
    group_type: 'group',
    created_at: row.added_at,
  }
}
