import { ApiError } from '../../contract/error.ts'
import type { CatalogueModel } from '../../core/catalogue.ts'
import { type ModelFinder, permittedModel } from '../judge/models.ts'
import type { ProjectRules } from '../keys/rules.ts'
import type { GatewayRoute, RouteName } from '../routes/table.ts'

/** Routes whose bodies can ask for hosted tools and for a service tier, and say whether the answer is stored. */
const asking: ReadonlySet<RouteName> = new Set([
  'chat.completions.create',
  'completions.create',
  'responses.create',
  'responses.compact',
  'responses.inputTokens.count',
])

/**
 * Judges a request whose body nobody has shown: a rule that only the body can break refuses it.
 * @param named the model, as the proxy names it
 * @returns the model; null where nobody names one
 * @throws ApiError 403; 404 for a model that nobody has
 */
export function judgeUnseen(
  rules: ProjectRules,
  { name }: GatewayRoute,
  models: ModelFinder,
  named: string | null,
): CatalogueModel | null {
  const model = named === null ? null : permittedModel(rules, models, named)
  if (model === null && rules.models !== null) throw nothingNamed(rules)
  const why = asking.has(name) ? unjudged(rules, name) : null
  if (why === null) return model
  const message = `Project \`${rules.projectId}\` ${why}, and this request is judged without its body. Make it to the gate itself, or have the proxy send the body along.`
  throw new ApiError('body_not_seen', message)
}

/** What cannot be known without the body, to stand behind the project's name. */
function unjudged({ disabledTools, tier, storesNothing, models }: ProjectRules, name: RouteName): string | null {
  if (disabledTools.size > 0)
    return `does not have access to ${[...disabledTools].map((tool) => `\`${tool}\``).join(', ')}`
  if (tier.preset !== null || tier.enabled !== 'all') return 'has settings for service tiers'
  if (storesNothing) return 'may store nothing at the model server'
  // Tools of responses name models of their own.
  return models !== null && name.startsWith('responses.') ? 'does not have access to every model' : null
}

function nothingNamed({ projectId }: ProjectRules): ApiError {
  const message = `Project \`${projectId}\` does not have access to every model, and nothing says which one this request asks for. Make it to the gate itself, or have the proxy send the body along or name the model in X-Gatehouse-Model.`
  return new ApiError('model_forbidden', message)
}

/**
 * Judges a request for a model's description, or for all of them: a list that the model server gives is not narrowed on its
 * way.
 * @param id null for all
 * @throws ApiError 403; 404 for a model that nobody has
 */
export function judgeShown(rules: ProjectRules, models: ModelFinder, id: string | null): void {
  if (id !== null) permittedModel(rules, models, id)
  else if (rules.models !== null) {
    const message = `Project \`${rules.projectId}\` does not have access to every model, and this list would show all of them. Ask the gate itself for it.`
    throw new ApiError('model_forbidden', message)
  }
}
