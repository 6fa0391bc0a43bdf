/*
 * Texts that settings and the configuration file share. Each throws where it is none.
 */

/** A secret, so what is wrong with it is said without it. */
export function headerText(value: string): string {
  if (/^[\x21-\x7e]+$/.test(value)) return value
  throw new Error('holds characters that no header can carry')
}

/** A base URL, without the slash at its end. */
export function httpUrl(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : null
  if (url?.username || url?.password || /\/\/[^/]*@/.test(value))
    throw new Error('a URL must not carry a password: it would be shown')
  if (url === null || !/^https?:$/.test(url.protocol)) throw new Error('not an http(s) URL')
  if (url.search || url.hash) throw new Error('a URL with a query or a fragment cannot be a base URL')
  return value.replace(/\/+$/, '')
}
