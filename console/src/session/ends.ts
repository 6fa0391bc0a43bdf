import type { QueryClient } from '@tanstack/react-query'
import type { AnyRouter } from '@tanstack/react-router'
import { placeToReturn } from './back.ts'
import { cover } from './over.tsx'
import { tellTabs } from './tabs.ts'
import { isTyped } from './typed.ts'

/** What the address of the sign-in page says of a session that began without the second factor that is asked of everybody since. */
export const ASKED_SINCE = 'factor_asked_since'

/** Whose pages this tab shows; null: nobody's yet. */
let shown: string | null = null

/** This tab shows somebody's pages; the others hear it. */
export function showsPagesOf(who: string): void {
  shown = who
  tellTabs(who)
}

/** What becomes of a tab whose session ends, and of one beside another, since both have the same session. */
export function sessionEnds(router: AnyRouter, known: QueryClient) {
  const isOutside = () => ['/sign-in', '/invite'].some((path) => router.state.location.pathname.startsWith(path))
  let failed: string | undefined
  /** What was read is forgotten, and who signs in again comes back to this place. */
  const leave = () => {
    cover(false)
    if (isOutside()) return
    known.clear()
    const { pathname, searchStr } = router.state.location
    const next = pathname === '/' ? undefined : pathname + searchStr
    void router.navigate({ to: '/sign-in', search: { next, failed }, replace: true })
  }
  return {
    leave,
    /** The server takes the session no more. @param code why, as it says it */
    ended: (code: string | null) => {
      failed = code === 'second_factor_setup_required' ? ASKED_SINCE : undefined
      if (isTyped() && !isOutside()) cover(true)
      else leave()
    },
    /** @param who is signed in by another tab; null: has signed out there */
    heard: (who: string | null) => {
      if (who === null) {
        failed = undefined
        return leave()
      }
      const { pathname, search } = router.state.location
      if (pathname === '/sign-in') return router.history.replace(placeToReturn(search.next))
      if (isOutside() || shown === null) return
      // What is done on somebody's page from now on would be done as somebody else.
      if (who !== shown) return location.reload()
      if (cover(false)) void known.invalidateQueries()
    },
  }
}
