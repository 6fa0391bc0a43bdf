import type { Asking } from './asking.ts'
import { oursBehind } from './failure.ts'

/** A provider, by its own name for itself, and what it knows this server as. */
type Client = { issuer: string; clientId: string; clientSecret: string }

/** What it says of itself, and the library that asks it: loaded with the first question. */
export type Discovered = Awaited<ReturnType<typeof discover>>

/** Asks a provider where its endpoints are and what it can, and refuses one that is no good. @throws ProviderDown */
export async function discover({ issuer, clientId, clientSecret }: Client, asking: Asking) {
  const library = await import('openid-client')
  const [basic, post] = [library.ClientSecretBasic(clientSecret), library.ClientSecretPost(clientSecret)]
  const authenticate: typeof basic = (server, ...rest) => {
    // Where a provider does not say what it takes, it is the first.
    const taken = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    return (taken.includes('client_secret_basic') ? basic : post)(server, ...rest)
  }
  const isPlain = issuer.startsWith('http:')
  try {
    const configuration = await library.discovery(new URL(issuer), clientId, undefined, authenticate, {
      [library.customFetch]: asking.ask,
      // What it signs is checked although TLS says whom it comes from. Which plain addresses are asked is not the library's matter.
      execute: [library.enableNonRepudiationChecks, ...(isPlain ? [library.allowInsecureRequests] : [])],
    })
    refuseUnfit(configuration.serverMetadata(), issuer)
    return { library, configuration }
  } catch (error) {
    throw oursBehind(error) ?? asking.rest(error)
  }
}

type Said = { issuer: string; authorization_endpoint?: string; jwks_uri?: string }

/** People are known by the provider's own name for itself, so it has one: not another with a slash, nor one for many. */
function refuseUnfit({ issuer: itself, authorization_endpoint: there, jwks_uri: keys }: Said, issuer: string) {
  if (itself !== issuer)
    throw new Error(`it calls itself ${itself}, and GATEHOUSE_OIDC_ISSUER has to be that, word for word`)
  if (there === undefined || keys === undefined) throw new Error('it says no authorization_endpoint, or no jwks_uri')
  const isWeb = new Set(['https:', new URL(issuer).protocol]).has(new URL(there).protocol)
  if (!isWeb) throw new Error('its authorization_endpoint is no address of https')
}
