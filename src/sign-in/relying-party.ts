import { isIP } from 'node:net'

/** Whom a passkey is for, as a browser sees it: it shows it to this host alone, and says in which origin it was asked. */
export type RelyingParty = { id: string; origin: string }

/**
 * Whose passkeys those of this server are.
 * @param publicUrl the address that browsers have, `GATEHOUSE_PUBLIC_URL`; null: nobody has said it, and what a request names is not believed
 * @returns it; or why there are none, as a sentence
 */
export function relyingPartyOf(publicUrl: string | null): RelyingParty | { whyNot: string } {
  if (publicUrl === null) {
    return { whyNot: 'Passkeys need the address of this server, which its operator sets as GATEHOUSE_PUBLIC_URL.' }
  }
  const { origin, protocol, hostname } = new URL(publicUrl)
  // An address of IPv6 stands in brackets there.
  if (isIP(hostname) !== 0 || hostname.startsWith('[')) {
    return { whyNot: `Passkeys need a host name, and the address of this server has none: ${origin}.` }
  }
  const isLocal = hostname === 'localhost' || hostname.endsWith('.localhost')
  if (protocol !== 'https:' && !isLocal) {
    return { whyNot: `Browsers have passkeys on https only, and the address of this server is ${origin}.` }
  }
  return { id: hostname, origin }
}
