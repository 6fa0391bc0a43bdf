/** Path and query of a request's target, in which a proxy may write the whole URL (RFC 9112, 3.2.2). */
export function originForm(target: string): string {
  return target.replace(/^https?:\/\/[^/?#]*(?=[/?]|$)/i, '')
}
