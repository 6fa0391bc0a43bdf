import { ApiError, type ErrorOptions } from '../../contract/error.ts'
import type { ModelMode } from '../../core/policy.ts'
import { shown } from '../invalid.ts'
import { bodyNotSeen, type ProjectIds, ruleOf, type UnseenCall } from './rule.ts'

/** Null: every model of the catalogue. */
export type ModelPolicy = { mode: ModelMode; ids: ReadonlySet<string> } | null

/** Whether a project's keys may use a model. Policies go by the id that clients know it by. */
export function mayUse(policy: ModelPolicy, id: string): boolean {
  return policy === null || policy.ids.has(id) === (policy.mode === 'allow_list')
}

/** The refusal of a model that the project's policy rules out, in the original's words. @param at what named it */
export function modelForbidden(
  { projectId }: Pick<ProjectIds, 'projectId'>,
  id: string,
  at: ErrorOptions = {},
): ApiError {
  const message = `Project \`${projectId}\` does not have access to model \`${id.slice(0, 200)}\``
  return new ApiError('model_forbidden', message, at)
}

/** The models that a project may use: for its answers, within its tools, and to be shown. */
export const models = ruleOf<ModelPolicy>()({
  step: 'model',
  reads: ['project.model_mode', 'project.model_ids'],
  read: ({ project }) =>
    project.model_mode && { mode: project.model_mode, ids: new Set(JSON.parse(project.model_ids ?? '[]')) },
  permits(policy, project, model, param) {
    // The original names no parameter for the model of the request itself.
    const at = param === 'model' ? {} : { param: shown(param) }
    if (!mayUse(policy, model.id)) throw modelForbidden(project, model.id, at)
  },
  unnamed(policy, call) {
    if (policy !== null || call.isNarrowed) throw nothingNamed(call)
  },
  unseen(policy, { project, route: { body }, isNarrowed }) {
    if ((policy === null && !isNarrowed) || body.kind !== 'json' || body.tools !== 'hosted_with_models') return
    throw bodyNotSeen(project, 'does not have access to every model')
  },
})

function nothingNamed({ project, route }: UnseenCall): ApiError {
  const who = `Project \`${project.projectId}\` does not have access to every model`
  const message =
    route.answeredBy === 'catalogue'
      ? `${who}, and this list would show all of them. Ask the gate itself for it.`
      : `${who}, and nothing says which one this request asks for. Make it to the gate itself, or have the proxy send the body along or name the model in X-Gatehouse-Model.`
  return new ApiError('model_forbidden', message)
}
