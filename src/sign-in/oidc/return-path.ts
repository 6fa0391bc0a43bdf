/** Characters of the longest. */
const LONGEST = 1024

/**
 * Where somebody goes who has signed in: a place of this server, or its first page.
 * @param wanted what the address says, which anybody can have written
 * @returns a path that begins with one slash, in characters that a header can carry
 */
export function returnPath(wanted: string | null): string {
  if (wanted === null || wanted.length > LONGEST || !/^\/[\x21-\x5b\x5d-\x7e]*$/.test(wanted)) return '/'
  const here = 'http://here.invalid'
  const url = URL.parse(wanted, here)
  if (url === null || url.origin !== here || url.pathname.startsWith('//')) return '/'
  return url.pathname.startsWith('/sign-in') ? '/' : url.pathname + url.search
}
