import type { IncomingHttpHeaders } from 'node:http'
import { ApiError } from '../contract/error.ts'

/** What a browser says of where a request comes from. */
export type IsOwnOrigin = (headers: IncomingHttpHeaders) => boolean

/**
 * Whether a request comes from a page of this server's own, or from no page. What browsers say is believed: a page cannot change it.
 * @param publicUrl the address that browsers have; null: the one that the request itself names
 */
export function ownOrigin(publicUrl: string | null): IsOwnOrigin {
  const known = publicUrl === null ? null : new URL(publicUrl).origin
  return ({ origin, host, 'sec-fetch-site': site }) => {
    // `none`: somebody has typed the address.
    if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
    if (origin === undefined) return true
    if (known !== null) return origin === known
    return origin === `http://${host}` || origin === `https://${host}`
  }
}

/** A page of another origin can sign nobody in: not as the one whose password it knows, in a browser that is somebody else's. */
export function refuseForeign(isOwnOrigin: IsOwnOrigin, headers: IncomingHttpHeaders): void {
  if (isOwnOrigin(headers)) return
  throw new ApiError('foreign_origin', 'A page of another origin cannot sign anybody in here.')
}
