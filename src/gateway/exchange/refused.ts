import { ApiError } from '../../contract/error.ts'
import type { Call } from '../call.ts'
import { isAnthropicError } from '../envelopes/anthropic.ts'
import { envelopesOf } from '../envelopes/envelopes.ts'
import { parsed, shownOf } from '../envelopes/refusal.ts'
import type { Begun } from '../upstreams/forwarding.ts'
import { CountedHere } from './counted-here.ts'
import { Reshaped } from './reshaped.ts'

/** How servers say that they have no such route, or none for this method. */
const [NOT_FOUND, NOT_ALLOWED] = [404, 405]

/**
 * What is made of a model server's refusal for who speaks the Anthropic API: it has that API's shape, whoever's it came in.
 * @param held what it says, where that is known already: of a 404 to who has tokens counted
 * @throws CountedHere where it has no route to count tokens; ApiError 404 where it has none that the gate could stand in for
 */
export function refusedBegun(
  { route, headers }: Pick<Call, 'route' | 'headers'>,
  status: number,
  held: Buffer | null,
): Begun {
  const isMissing = status === NOT_FOUND || status === NOT_ALLOWED
  if (isMissing && route.whereMissing === 'counted' && !isOfModel(held)) throw new CountedHere()
  const isTold = isMissing && route.whereMissing === 'not_translated'
  if (isTold && status === NOT_ALLOWED) throw notTranslated(route.path, status, '')
  const envelopes = envelopesOf('anthropic', headers['x-request-id'] ?? '')
  const told = (text: string) =>
    isTold && !isAnthropicError(parsed(text))
      ? envelopes.of(notTranslated(route.path, status, text))
      : envelopes.refused(status, text)
  return { headers: { ...headers, 'content-type': 'application/json' }, observer: new Reshaped(told) }
}

/** Whether a 404 says of its model that it is not there: by the shape that only who has the routes of this API knows, or in words. */
function isOfModel(held: Buffer | null): boolean {
  if (held === null) return false
  const text = held.toString()
  return isAnthropicError(parsed(text)) || /model/i.test(text)
}

/** A model may be missing there as well as the route: who answers in another API's words says nothing that is certain. */
function notTranslated(path: string, status: number, text: string): ApiError {
  const message = `The model server has no ${path}, or not this model: it answered with the status ${status} and not in the words of this API. Nothing is translated here: what it has as chat completions is asked for by /v1/chat/completions.`
  const said = text === '' ? '' : ` It said: ${shownOf(status, text)}`
  return new ApiError('not_offered', message + said, { headers: { 'x-gatehouse-error-source': 'upstream' } })
}
