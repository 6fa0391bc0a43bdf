import type { ApiError } from '../../contract/error.ts'
import type { CatalogueModel } from '../../core/catalogue.ts'
import type { Charge } from '../counters/take.ts'
import type { ModelWindows } from '../limits/windows.ts'
import { NO_WORST } from '../use.ts'
import type { ProjectRules } from './index.ts'
import type { Knock, Means, NamedModel, SeenCall, UnseenCall, Wanted } from './rule.ts'
import { at, only } from './steps.ts'
import { governable } from './within.ts'

/*
 * The one way in which rules are applied. Each step asks all of its rules, in the order of the list.
 */

const steps = {
  project: at('project'),
  connection: at('connection'),
  model: at('model'),
  body: at('body'),
}
const limits = only('limits')
const money = only('money')

/** Why a project is not there to be used at all; null where it is. */
export function projectRefusal(project: ProjectRules): ApiError | null {
  for (const { field, rule } of steps.project) {
    const refused = rule.refuses(project[field])
    if (refused !== null) return refused
  }
  return null
}

/** Why a connection does not reach the project; null where it does. Without I/O. */
export function connectionRefusal(project: ProjectRules, knock: Knock): ApiError | null {
  for (const { field, rule } of steps.connection) {
    const refused = rule.refuses(project[field], knock)
    if (refused !== null) return refused
  }
  return null
}

/** Judges a model that is named. @param param what named it @throws ApiError 403 where the project may not use it */
export function judgeModel(project: ProjectRules, model: CatalogueModel, param: string): void {
  for (const { field, rule } of steps.model) rule.permits(project[field], project, model, param)
}

/**
 * Judges a body; what the project decides is added to the call's edits.
 * @throws ApiError 400 or 403 of the first rule that it breaks
 */
export function judgeSeen(project: ProjectRules, call: SeenCall): void {
  for (const { field, rule } of steps.body) rule.seen(project[field], call)
}

/**
 * Judges a call whose body nobody has shown.
 * @throws ApiError 403 of the first rule that a body could break
 */
export function judgeUnseen(project: ProjectRules, call: UnseenCall): void {
  if (call.model !== null) judgeModel(project, call.model, 'model')
  else for (const { field, rule } of steps.model) rule.unnamed(project[field], call)
  for (const { field, rule } of [...steps.body, ...steps.model]) rule.unseen(project[field], call)
}

/**
 * What a call takes of the project's limits and money: one request, and the most that it can use; and one request of each
 * model that runs within it.
 * @throws ApiError 400 for a model without a price where a spend limit holds, and for one within that cannot be governed there
 */
export function chargeOf(project: ProjectRules, means: Means, wanted: Wanted): Charge {
  const { tokens, images, audioMegabytes } = wanted.worst
  return {
    model: limits.rule.windows(project[limits.field], project, means, wanted),
    within:
      wanted.within.length === 0 ? NOTHING_WITHIN : wanted.within.map((one) => within(project, means, wanted, one)),
    cost: { requests: 1, tokens, images, audioMegabytes },
    money: money.rule.sets(project[money.field], project, means, wanted),
  }
}

const NOTHING_WITHIN: Charge['within'] = []

function within(project: ProjectRules, means: Means, wanted: Wanted, named: NamedModel): ModelWindows {
  const alone = { ...wanted, limitedAs: named.model, paidAs: named.model, worst: NO_WORST }
  // Refuses one that nobody can price where a spend limit holds; what it sets aside is nothing.
  money.rule.sets(project[money.field], project, means, alone)
  const windows = limits.rule.windows(project[limits.field], project, means, alone)
  governable(named, windows)
  return windows
}
