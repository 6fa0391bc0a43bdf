import { useNavigate } from '@tanstack/react-router'
import { queryClient, useChange } from '../api/query.ts'

/** Ends the session, or all of one's own, and forgets what was read. */
export function useSignOut() {
  const navigate = useNavigate()
  return useChange('POST /v1/organization/sign_out', async () => {
    await navigate({ to: '/sign-in', replace: true })
    queryClient.clear()
  })
}
