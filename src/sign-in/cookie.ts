/** A cookie that is nobody's but this browser's, as it is called here. */
export type SecretCookie = {
  /** What a request shows under its name; null where there is none, or more than one. */
  read: (header: string | undefined) => string | null
  /** The header that sets it. @param until Unix seconds, at `now` */
  set: (value: string, until: number, now: number) => string
  /** The header that takes it away. */
  clear: string
}

/** Characters of cookies that are read: a page may have set many. */
const LONGEST = 16_384

/**
 * A session's: its secret.
 * @param secure whether browsers come by TLS: then no page of another host, and nobody on the way, can set or read it
 */
export const sessionCookie = (secure: boolean): SecretCookie =>
  secretCookie('gatehouse-session', /^[0-9a-f]{64}$/, secure)

/** Of who has gone to the provider to sign in: their secret, and the place that they came from, in base64url. */
export const flowCookie = (secure: boolean): SecretCookie =>
  secretCookie('gatehouse-sign-in', /^[0-9a-f]{64}\.[A-Za-z0-9_-]{0,1500}$/, secure)

function secretCookie(plain: string, form: RegExp, secure: boolean): SecretCookie {
  const name = secure ? `__Host-${plain}` : plain
  const attributes = `Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`
  return {
    read(header = '') {
      if (header.length > LONGEST) return null
      const shown = header.split(';').flatMap((pair) => {
        // One space is between two, and nothing else: a name behind other white space is another one to browsers, which any host may set.
        const [of = '', value = ''] = (pair.startsWith(' ') ? pair.slice(1) : pair).split('=', 2)
        return of === name ? [value] : []
      })
      // Two of one name: some page has set one of them, and which it was nobody can tell.
      const [only] = shown
      return only !== undefined && shown.length === 1 && form.test(only) ? only : null
    },
    set: (value, until, now) => `${name}=${value}; Max-Age=${Math.max(0, until - now)}; ${attributes}`,
    clear: `${name}=; Max-Age=0; ${attributes}`,
  }
}
