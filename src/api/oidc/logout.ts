import type { IncomingMessage, ServerResponse } from 'node:http'
import { endSessionsOf } from '../../admin/provider-sign-out.ts'
import { ApiError, bodyTooLarge, unavailable } from '../../contract/error.ts'
import { queryParameters } from '../../core/query.ts'
import { NotProven, ProviderDown } from '../../sign-in/oidc/failure.ts'
import type { Provider } from '../../sign-in/oidc/provider.ts'
import type { AdminApp } from '../app.ts'
import { originOf } from '../origin.ts'

/** Bytes of the largest form that is read. */
const LARGEST = 32_768

/** Ends the sessions that the provider says are over (back-channel logout): 200 once they are, 400 for what is not its word. */
export async function signOutFrom(
  app: AdminApp,
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
) {
  const origin = { ...originOf(app, request), userAgent: null }
  const request_id = app.newId('request')
  const answer = (status: number, body: object, headers: Readonly<Record<string, string>> = {}) => {
    const text = JSON.stringify(body)
    response.writeHead(status, {
      ...headers,
      'content-type': 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
      'cache-control': 'no-store',
      'x-request-id': request_id,
    })
    response.end(text)
  }
  try {
    const form = queryParameters(await bodyOf(request))
    const said = await provider.logout(form?.get('logout_token') ?? '')
    const sessions = await endSessionsOf(app, provider.settings.issuer, said, origin)
    app.log.info({ request_id, sessions }, 'signed out by the provider')
    answer(200, { sessions })
  } catch (error) {
    const { status, envelope, headers } = refusal(app, error, request_id)
    answer(status, envelope, headers)
  }
}

/** What a provider is told that is not heard. It asks again where that was not its own fault. */
function refusal(app: AdminApp, error: unknown, request_id: string): ApiError {
  if (error instanceof ApiError) return error
  if (error instanceof NotProven) {
    return new ApiError('invalid_value', `Invalid 'logout_token': ${error.message}.`, { param: 'logout_token' })
  }
  // A stranger can have it asked for as often as they like.
  const isNews = !(error instanceof ProviderDown) || error.isNews
  if (isNews) app.log.error({ request_id, err: error }, 'sign-out by the provider failed')
  return unavailable('Nobody could be signed out right now. Please try again shortly.')
}

/** The form, which is read no further than it may be long; the request is left alive behind it, so that its client reads the answer. */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  try {
    for await (const part of request.iterator({ destroyOnReturn: false })) {
      size += part.length
      if (size > LARGEST) throw bodyTooLarge(LARGEST, size)
      parts.push(part)
    }
  } catch (error) {
    request.resume()
    throw error instanceof ApiError ? error : new ApiError('malformed_http', 'The request ended too early.')
  }
  return Buffer.concat(parts).toString()
}
