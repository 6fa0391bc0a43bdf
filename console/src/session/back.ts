/**
 * Where somebody goes who has signed in: back to the place, if it is one of these pages.
 * @param wanted what the address says, which anybody can have written
 */
export function placeToReturn(wanted: string | undefined): string {
  if (wanted === undefined) return '/'
  const url = URL.parse(wanted, location.origin)
  const isHere =
    url !== null && url.origin === location.origin && wanted.startsWith('/') && !url.pathname.startsWith('//')
  return isHere && !url.pathname.startsWith('/sign-in') ? url.pathname + url.search : '/'
}
