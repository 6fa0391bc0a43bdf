import { useNavigate } from '@tanstack/react-router'
import { queryClient, useChange } from '../api/query.ts'
import { told } from '../patterns/told.ts'
import { tellTabs } from './tabs.ts'

const farewells = new Set<() => Promise<unknown>>()

/** What is to be done first when somebody signs out, while it can be. @returns takes it back */
export function beforeSignOut(farewell: () => Promise<unknown>): () => void {
  farewells.add(farewell)
  return () => void farewells.delete(farewell)
}

/** Where nothing else of the page says that it failed. */
export const tellNotSignedOut = ({ message }: Error): void => told(`Not signed out: ${message}`)

/** Ends the session, or all of one's own, and forgets what was read, in all tabs. */
export function useSignOut() {
  const navigate = useNavigate()
  return useChange(
    'POST /v1/organization/sign_out',
    async () => {
      tellTabs(null)
      await navigate({ to: '/sign-in', replace: true })
      queryClient.clear()
    },
    () => Promise.allSettled([...farewells].map((farewell) => farewell())),
  )
}
