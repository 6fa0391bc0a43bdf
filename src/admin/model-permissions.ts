import { ApiError } from '../contract/error.ts'
import type { ModelPermissions, modelPermissions as routes } from '../contract/model-permissions.ts'
import type { Catalogue } from '../core/catalogue.ts'
import type { Row } from '../db/tables.ts'
import type { Handlers } from './handlers.ts'
import { ownedBy } from './owned.ts'
import { findProjectPolicy, saveProjectPolicy } from './policy.ts'

export const modelPermissions: Handlers<typeof routes> = {
  async retrieve({ db, project }) {
    return view(project, await findProjectPolicy(db, project))
  },

  async update({ db, project, body, models }) {
    checkModels(models.seen, body.model_ids)
    const settings = { model_mode: body.mode, model_ids: JSON.stringify(body.model_ids) }
    const reply = view(project, await saveProjectPolicy(db, project, settings))
    return { reply, audit: { id: project.id, changes_requested: { model_permissions: body } } }
  },

  async delete({ db, project }) {
    const done = await db
      .updateTable('project_policy')
      .set({ model_mode: null, model_ids: null })
      .where((eb) => eb.and(ownedBy(project)))
      .where('model_mode', 'is not', null)
      .executeTakeFirst()
    if (done.numUpdatedRows === 0n) throw noneSet(project)
    return {
      reply: { object: 'project.model_permissions.deleted', deleted: true },
      audit: { id: project.id, changes_requested: { model_permissions: null } },
    }
  },
}

/** A list that names a model twice, or one nobody can see, is a mistake that the caller would rather hear of. */
function checkModels(models: Catalogue, ids: readonly string[]) {
  const refuse = (index: number, why: string) => {
    const param = `model_ids[${index}]`
    throw new ApiError('invalid_value', `Invalid '${param}': ${why}.`, { param })
  }
  const named = new Set<string>()
  for (const [index, id] of ids.entries()) {
    if (!models.has(id)) refuse(index, `the organization has no model '${id}'`)
    if (named.has(id)) refuse(index, `the model '${id}' is in the list already`)
    named.add(id)
  }
}

function noneSet(project: Row<'project'>): ApiError {
  const message = `Model permissions not found: project '${project.id}' has none, and every model is allowed.`
  return new ApiError('not_found', message, { param: 'project_id' })
}

function view(project: Row<'project'>, row: Row<'project_policy'> | undefined): ModelPermissions {
  const { model_mode = null, model_ids = null } = row ?? {}
  if (model_mode === null || model_ids === null) throw noneSet(project)
  return { object: 'project.model_permissions', mode: model_mode, model_ids: JSON.parse(model_ids) }
}
