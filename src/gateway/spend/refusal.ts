import { ApiError, unavailable } from '../../contract/error.ts'
import { dollarText } from '../../core/money.ts'
import type { Account, Ledger } from './account.ts'

/** Trying again costs a request and changes nothing: the official SDKs heed this and would otherwise repeat a 429. */
const headers = { 'x-should-retry': 'false' }

/**
 * Why a call may not be made for lack of money; null where it may.
 * @param limit nano-dollars @param nano what the call can cost at most
 */
export function overLimit(account: Account, ledger: Ledger, limit: bigint | null, nano: bigint): ApiError | null {
  if (limit === null) return null
  const { spent } = ledger
  if (spent < limit && spent + ledger.reserved + nano <= limit) return null
  const failure = account.isOrganization ? 'organization_spend_limit_exceeded' : 'project_spend_limit_exceeded'
  const end = new Date(ledger.month.to).toISOString().slice(0, 10)
  const message = `You exceeded the spend limit of ${account.name}: ${dollarText(limit)} for ${ledger.month.name}, which ends at ${end}T00:00:00Z.`
  const rest = `This request can cost up to ${dollarText(nano)}, more than is left beside the requests that are running.`
  return new ApiError(failure, spent < limit ? `${message} ${rest}` : message, { headers })
}

/** A limit that cannot count a call would be blind to it. */
export function priceUnknown(account: Account, model: string): ApiError {
  const message = `The model '${model}' has no price configured on this server, and ${account.name} has a spend limit: what it costs could not be counted.`
  return new ApiError('model_price_unknown', message, { param: 'model' })
}

/** Nobody knows what is left, and the rules that would say so are on their way. */
export function notKnownYet(account: Account): ApiError {
  const message = `What ${account.name} has spent is not known right now. Please try again shortly.`
  return unavailable(message)
}
