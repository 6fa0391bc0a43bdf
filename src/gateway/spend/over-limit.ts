import { ApiError, unavailable } from '../../contract/error.ts'
import { dollarText, NANOS_PER_CENT } from '../../core/money.ts'
import { monthOf } from '../../core/month.ts'
import type { Caps } from '../caps.ts'
import type { Holder, Money, Short } from './money.ts'

/** Trying again costs a request and changes nothing: the official SDKs heed this and would otherwise repeat a 429. */
const headers = { 'x-should-retry': 'false' }

type Ids = Pick<Money, 'organizationId' | 'projectId'>

/** Why a call may not be made for lack of money. */
export function overLimit(money: Money, { of, isSpent }: Short): ApiError {
  const failure = of === 'organization' ? 'organization_spend_limit_exceeded' : 'project_spend_limit_exceeded'
  const month = monthOf(money.at)
  const limit = dollarText(BigInt(money.limits[of] ?? 0) * NANOS_PER_CENT)
  const end = new Date(month.to).toISOString().slice(0, 10)
  const message = `You exceeded the spend limit of ${nameOf(money, of)}: ${limit} for ${month.name}, which ends at ${end}T00:00:00Z.`
  const most = dollarText(BigInt(money.nano))
  const rest = `This request can cost up to ${most}, more than is left beside the requests that are running.`
  return new ApiError(failure, isSpent ? message : `${message} ${rest}`, { headers })
}

/** A limit that cannot count a call would be blind to it. */
export function priceUnknown(ids: Ids, of: Holder, model: string): ApiError {
  const message = `The model '${model}' has no price configured on this server, and ${nameOf(ids, of)} has a spend limit: what it costs could not be counted.`
  return new ApiError('model_price_unknown', message, { param: 'model' })
}

/** So would one that does not know how long an answer can be. @param caps of the call, whose output has none */
export function maximumUnknown(ids: Ids, of: Holder, model: string, { maximum }: Caps): ApiError {
  const asked = maximum === null ? '' : `'${maximum}' in the request, or `
  const message = `Nothing says how many tokens an answer of the model '${model}' can have, and ${nameOf(ids, of)} has a spend limit: what it costs could not be bounded. Set ${asked}'max_output_tokens' of the model in the configuration of this server.`
  return new ApiError('max_output_tokens_unknown', message, { param: maximum ?? 'model' })
}

/** And one that does not know how much is read of what is not in the request. @param caps of the call, whose input has none */
export function contextUnknown(ids: Ids, of: Holder, model: string, { unseen }: Caps): ApiError {
  const param = unseen ?? 'model'
  const message = `With '${param}' the model '${model}' reads what is not in the request, and ${nameOf(ids, of)} has a spend limit: what it costs could not be bounded. Leave it out, or set 'context_tokens' of the model in the configuration of this server.`
  return new ApiError('context_tokens_unknown', message, { param })
}

/** Nobody knows what is left, and the rules that would say so are on their way. */
export function notKnownYet(ids: Ids, of: Holder): ApiError {
  return unavailable(`What ${nameOf(ids, of)} has spent is not known right now. Please try again shortly.`)
}

function nameOf({ organizationId, projectId }: Ids, of: Holder): string {
  return of === 'organization' ? `organization ${organizationId}` : `project ${projectId}`
}
