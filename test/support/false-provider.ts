import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { settingsFor } from './provider.ts'

/** A provider that says whatever a test has it say: what no real one does. */
export async function startFalseProvider() {
  const keys = await generateKeyPair('RS256', { extractable: true })
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k', alg: 'RS256', use: 'sig' }
  const self = {
    issuer: '',
    env: {} as Record<string, string>,
    /** What it answers at its token endpoint, and about who has its access token. */
    token: {} as object,
    userinfo: {} as object,
    /** What is asked of it, and answers in its place where a test has something else to say. */
    asked: [] as string[],
    instead: new Map<string, RequestListener>(),
    /** Signs what it is to say, as it should or with another key. */
    sign: (claims: object, key = keys.privateKey) =>
      new SignJWT({ ...claims }).setProtectedHeader({ alg: 'RS256', kid: 'k' }).sign(key),
    [Symbol.asyncDispose]: async () => void server.close().closeAllConnections(),
  }
  const answers: Record<string, () => object> = {
    '/.well-known/openid-configuration': () => ({
      issuer: self.issuer,
      authorization_endpoint: `${self.issuer}/authorize`,
      token_endpoint: `${self.issuer}/token`,
      userinfo_endpoint: `${self.issuer}/userinfo`,
      jwks_uri: `${self.issuer}/keys`,
      id_token_signing_alg_values_supported: ['RS256', 'HS256', 'none'],
    }),
    '/keys': () => ({ keys: [jwk] }),
    '/token': () => self.token,
    '/userinfo': () => self.userinfo,
  }
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '', self.issuer)
    self.asked.push(pathname)
    request.resume()
    const instead = self.instead.get(pathname)
    if (instead) return instead(request, response)
    response.setHeader('content-type', 'application/json').end(JSON.stringify(answers[pathname]?.() ?? null))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  self.issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  self.env = settingsFor(self.issuer)
  return self
}
