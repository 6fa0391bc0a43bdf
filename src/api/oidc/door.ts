import type { IncomingMessage, ServerResponse } from 'node:http'
import { SignInRefused } from '../../admin/provider-refusal.ts'
import { signInFrom } from '../../admin/provider-sign-in.ts'
import { KnownCallerRefused } from '../../admin/refused.ts'
import type { Origin } from '../../core/audit.ts'
import { queryParameters } from '../../core/query.ts'
import { isUnavailable } from '../../db/errors.ts'
import type { SecretCookie } from '../../sign-in/cookie.ts'
import { NotProven, ProviderDown } from '../../sign-in/oidc/failure.ts'
import type { Provider } from '../../sign-in/oidc/provider.ts'
import { TooMany } from '../../sign-in/turns.ts'
import type { AdminApp } from '../app.ts'
import { originOf } from '../origin.ts'
import { type Begun, COME_BACK_WITHIN, newFlow, readFlow, written } from './flow.ts'
import { signOutFrom } from './logout.ts'

type Handle = (request: IncomingMessage, response: ServerResponse) => void
type Parts = { provider: Provider; flows: SecretCookie }
/** Where a browser goes next, and the cookies that it takes along. */
type Next = { location: string; cookies: string[] }

/**
 * What a browser visits, and the provider asks, where people sign in by OpenID Connect: pages that only lead on. Who is not signed in is led to
 * the console's page that says why, in words of its own; nothing of what an address says is shown.
 * @param otherwise answers all else
 */
export function createProviderDoor(app: AdminApp, parts: Parts, otherwise: Handle): Handle {
  return (request, response) => {
    const lead = (begun: Begun | null, next: Promise<Next>) => {
      const id = app.newId('request')
      const led = next.catch((error: unknown) => refused(app, parts, error, begun, id))
      void led.then((where) => send(id, response, where))
    }
    const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s, 2)
    if (request.method === 'GET' && path === '/sign-in/oidc') {
      const begun = newFlow(query)
      // A page of another site does not choose when somebody signs in, nor to which organization: they are asked first.
      if (!app.isOwnOrigin(request.headers)) {
        return send(app.newId('request'), response, { location: signInPage(begun), cookies: [] })
      }
      return lead(begun, leave(app, parts, begun))
    }
    if (request.method === 'GET' && path === '/sign-in/oidc/callback') {
      const begun = readFlow(parts.flows, request.headers.cookie)
      return lead(begun, comeBack(app, parts, request, query, begun))
    }
    if (request.method === 'POST' && path === '/sign-in/oidc/logout') {
      return void signOutFrom(app, parts.provider, request, response)
    }
    otherwise(request, response)
  }
}

function send(id: string, response: ServerResponse, { location, cookies }: Next) {
  response.writeHead(303, {
    location,
    'set-cookie': cookies,
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'content-length': 0,
    'x-request-id': id,
  })
  response.end()
}

const secondsOf = ({ now }: AdminApp) => Math.floor(now() / 1000)

/** To the provider, with a secret that only this browser has. */
async function leave(app: AdminApp, { provider, flows }: Parts, begun: Begun): Promise<Next> {
  const location = `${await provider.begin(begun.secret)}`
  const now = secondsOf(app)
  return { location, cookies: [flows.set(written(begun), now + COME_BACK_WITHIN, now)] }
}

/** From the provider, with a code that says who it is to who has the secret. */
async function comeBack(
  app: AdminApp,
  { provider, flows }: Parts,
  request: IncomingMessage,
  query: string,
  begun: Begun | null,
): Promise<Next> {
  const origin = originOf(app, request)
  if (begun === null) throw new NotProven('no sign-in was begun in this browser')
  if (queryParameters(query) === null) throw new NotProven('too many parameters')
  // Whatever comes of it but somebody, the attempt is gone: the provider may have been asked for nothing.
  const proven = await app.signIn.guard.fromNetwork(origin.ip, () => provider.prove(begun.secret, query))
  if ('waitMs' in proven) throw new TooMany('too many attempts')
  const claims = proven.right
  const now = secondsOf(app)
  const coming = { claims, wanted: begun.organization, origin, now }
  const { cookie } = await signInFrom(app, provider.settings, coming).catch(async (error: unknown) => {
    if (error instanceof KnownCallerRefused) await record(app, error, origin)
    throw error
  })
  const session = typeof cookie === 'object' ? [app.cookie.set(cookie.token, cookie.until, now)] : []
  return { location: begun.next, cookies: [...session, flows.clear] }
}

function record(app: AdminApp, { known, reason }: KnownCallerRefused, origin: Origin) {
  const what = {
    operation: 'oidc.callback',
    type: 'login.failed' as const,
    code: reason.failure,
    message: reason.message,
  }
  return app.refusals.record({ ...known, origin, ...what }, secondsOf(app))
}

/** To the page that says why. */
function refused(app: AdminApp, { flows }: Parts, thrown: unknown, begun: Begun | null, request_id: string): Next {
  const why = whyOf(thrown)
  // Who runs the server can mend it, and has to hear what it was. All else a stranger can have said as often as they like.
  const isNews = thrown instanceof ProviderDown ? thrown.isNews : why === 'internal' || why === 'unavailable'
  if (isNews) app.log.error({ request_id, err: thrown }, 'sign-in by the provider failed')
  else app.log.debug({ request_id, why, said: `${(thrown as Error).message}` }, 'sign-in by the provider refused')
  return { location: signInPage(begun, why), cookies: [flows.clear] }
}

/** Where somebody begins, again or for the first time, to come to where they wanted to go. */
function signInPage(begun: Begun | null, failed?: string): string {
  const next = begun && begun.next !== '/' && { next: begun.next }
  const search = `${new URLSearchParams({ ...(failed !== undefined && { failed }), ...next })}`
  return search === '' ? '/sign-in' : `/sign-in?${search}`
}

function whyOf(thrown: unknown) {
  const error = thrown instanceof KnownCallerRefused ? thrown.reason : thrown
  if (error instanceof SignInRefused) return error.why
  if (error instanceof NotProven) return 'not_proven'
  if (error instanceof ProviderDown) return 'provider_down'
  if (error instanceof TooMany) return 'too_many'
  return isUnavailable(error) ? 'unavailable' : 'internal'
}
