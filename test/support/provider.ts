import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'

/** Somebody at the provider, as it speaks of them now. */
export type ProviderAccount = {
  sub: string
  email?: string
  email_verified?: boolean
  name?: string
  groups?: string[]
}

/** A real provider, which asks nobody for a password: whoever comes is who the test says. */
export type TestProvider = AsyncDisposable & {
  issuer: string
  /** Settings of a server that has people sign in by it. */
  env: Record<string, string>
  /** Who comes next. */
  account: ProviderAccount
  /** Stops answering for good. */
  stop: () => Promise<void>
  /** Ends what it calls the session of the browser with these cookies, and tells the client. */
  signOut: (cookies: ReadonlyMap<string, string>) => Promise<void>
}

export const CLIENT = { id: 'gatehouse', secret: 'a-secret-of-the-tests-only-0123456789' }
/** What browsers call the server of a test. */
export const PUBLIC_URL = 'http://gatehouse.test'

/** Settings of a server that has people sign in by a provider. */
export const settingsFor = (issuer: string, publicUrl = PUBLIC_URL): Record<string, string> => ({
  GATEHOUSE_OIDC_ISSUER: issuer,
  GATEHOUSE_OIDC_CLIENT_ID: CLIENT.id,
  GATEHOUSE_OIDC_CLIENT_SECRET: CLIENT.secret,
  GATEHOUSE_PUBLIC_URL: publicUrl,
})

type Started = {
  callback: () => (request: IncomingMessage, response: ServerResponse) => void
  interactionFinished: (request: IncomingMessage, response: ServerResponse, result: object) => Promise<void>
  Grant: new (of: object) => { addOIDCScope: (scope: string) => void; save: () => Promise<string> }
}

/**
 * @param backchannel where it tells the client that somebody has signed out
 * @param inToken whether claims stand in what it signs
 * @param publicUrl what browsers call the client
 */
export async function startProvider({
  backchannel,
  inToken = false,
  publicUrl = PUBLIC_URL,
}: {
  backchannel?: string
  inToken?: boolean
  publicUrl?: string
} = {}) {
  const { Provider } = createRequire(import.meta.url)('oidc-provider') as {
    Provider: new (issuer: string, settings: object) => Started
  }
  let answer: (request: IncomingMessage, response: ServerResponse) => void = () => {}
  const server = createServer((request, response) => answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const accounts = new Map<string, ProviderAccount>()
  const stop = async () => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  const self: TestProvider = {
    issuer,
    account: { sub: 'nobody' },
    env: settingsFor(issuer, publicUrl),
    stop,
    async signOut(cookies) {
      const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const page = await (await fetch(`${issuer}/session/end`, { headers: { cookie } })).text()
      const [, xsrf = ''] = /name="xsrf" value="([^"]+)"/.exec(page) ?? []
      const body = new URLSearchParams({ xsrf, logout: 'yes' })
      await fetch(`${issuer}/session/end/confirm`, { method: 'POST', headers: { cookie }, body, redirect: 'manual' })
    },
    [Symbol.asyncDispose]: stop,
  }
  const provider = new Provider(issuer, {
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [`${publicUrl}/sign-in/oidc/callback`],
        ...(backchannel && { backchannel_logout_uri: backchannel, backchannel_logout_session_required: true }),
      },
    ],
    cookies: { keys: ['only for tests'] },
    claims: { email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
    scopes: ['openid', 'email', 'profile', 'groups'],
    conformIdTokenClaims: !inToken,
    features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: backchannel !== undefined } },
    // Its own refuses to call this machine.
    fetch: (url: string, { method, headers, body, redirect }: RequestInit) =>
      fetch(url, {
        ...(body && { body }),
        ...(method && { method }),
        ...(headers && { headers }),
        ...(redirect && { redirect }),
      }),
    interactions: { url: (_: unknown, { uid }: { uid: string }) => `/come/${uid}` },
    findAccount: (_: unknown, sub: string) => ({ accountId: sub, claims: () => accounts.get(sub) }),
    async loadExistingGrant({ oidc }: { oidc: { session: { accountId: string }; client: { clientId: string } } }) {
      const grant = new provider.Grant({ accountId: oidc.session.accountId, clientId: oidc.client.clientId })
      grant.addOIDCScope('openid email profile groups')
      await grant.save()
      return grant
    },
  })
  const answers = provider.callback()
  answer = (request, response) => {
    if (!request.url?.startsWith('/come/')) return answers(request, response)
    accounts.set(self.account.sub, self.account)
    void provider.interactionFinished(request, response, { login: { accountId: self.account.sub } })
  }
  return self
}
