import type { QueryClient } from '@tanstack/react-query'
import type { AnyRouter } from '@tanstack/react-router'

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

/** The session is over: what was read is forgotten, and who signs in again comes back to this place. */
export function signInAgain(router: AnyRouter, known: QueryClient): void {
  const { pathname, searchStr } = router.state.location
  if (pathname.startsWith('/sign-in')) return
  known.clear()
  const next = pathname === '/' ? undefined : pathname + searchStr
  void router.navigate({ to: '/sign-in', search: { next }, replace: true })
}
