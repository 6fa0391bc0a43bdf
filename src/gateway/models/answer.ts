import type { ShownModel } from '../../core/model-list.ts'
import { hidesFrom, seenBy } from '../../core/model-projects.ts'
import { answer, answerText } from '../answer.ts'
import type { Call } from '../call.ts'
import { modelUnknown } from '../invalid.ts'
import { spoken } from '../routes/api.ts'
import type { ProjectRules } from '../rules/index.ts'
import { mayUse, modelForbidden } from '../rules/models.ts'
import { noModels, unreachable } from '../upstreams/failures.ts'
import { inAnthropic, pageInAnthropic } from './anthropic.ts'
import { keepList, listKept } from './lists.ts'
import type { Models } from './models.ts'

type Rules = Pick<ProjectRules, 'projectId' | 'models'>

/** All who may use every model have one list. */
const EVERY_MODEL = {}

/**
 * `GET /v1/models`: what the project may use, sorted by id.
 * @throws ApiError 502 where no model server has answered yet, or none with a list: an empty one would be wrong
 */
export async function listModels(models: Models, rules: Rules): Promise<{ object: 'list'; data: ShownModel[] }> {
  const catalogue = await models.models()
  if (catalogue.size === 0)
    throw models.silent ? unreachable(new Error('no model server has answered yet')) : noModels()
  const seen = [...seenBy(catalogue, [rules.projectId]).keys()]
  const ids = seen.filter((id) => mayUse(rules.models, id)).sort()
  return { object: 'list', data: ids.flatMap((id) => models.shown(rules, id) ?? []) }
}

/**
 * `GET /v1/models/{model}`: as it is listed. A model of an upstream without a list can be used, but there is nothing to show.
 * @throws ApiError 403 for one that the project may not use, 404 for one that is not there
 */
export async function retrieveModel(models: Models, rules: Rules, id: string): Promise<ShownModel> {
  if ((await models.lookUp(rules, id)) === null) throw modelUnknown(id)
  if (!mayUse(rules.models, id)) throw modelForbidden(rules, id)
  const shown = models.shown(rules, id)
  if (shown === null) throw modelUnknown(id)
  return shown
}

/** Answers the routes about models, of which no upstream is asked. @throws ApiError 400 for the query of a page */
export async function answerModels(models: Models, call: Call): Promise<null> {
  const { route, grant, request, response, headers } = call
  const { rules } = grant
  const id = route.ids.model ?? null
  const isOther = spoken(route, request.headers) === 'anthropic'
  const find = (name: string) => models.find(rules, name)
  if (id !== null) {
    const shown = await retrieveModel(models, rules, id)
    answer(response, 200, headers, isOther ? inAnthropic(shown, find(id)) : shown)
  } else if (isOther) {
    const { data } = await listModels(models, rules)
    answer(response, 200, headers, pageInAnthropic(data, request.url ?? '', find))
  } else answerText(response, 200, Object.entries(headers).flat(), await listBytes(models, rules))
  return null
}

/** The list as bytes, which all who ask share, whether they read them or not. */
export async function listBytes(models: Models, rules: Rules): Promise<Buffer> {
  const catalogue = await models.models()
  const seesAll = rules.models === null && !hidesFrom(catalogue, rules.projectId)
  const whose = seesAll ? EVERY_MODEL : rules
  const known = listKept(catalogue, whose)
  if (known !== undefined) return known
  const written = Buffer.from(JSON.stringify(await listModels(models, rules)))
  // It may be of another catalogue by now.
  if (models.current === catalogue) keepList(catalogue, whose, written)
  return written
}
