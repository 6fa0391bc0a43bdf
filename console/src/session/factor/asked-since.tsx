import { Button } from '@mantine/core'
import { useSearch } from '@tanstack/react-router'
import { Said } from '../../patterns/failure.tsx'
import { ASKED_SINCE } from '../ends.ts'
import { useSignOut } from '../sign-out.ts'

/** Such a session is good for nothing but to be left, which is offered here; who signs in again sets a second factor up on the way. */
export function AskedSince() {
  const { failed } = useSearch({ from: '/sign-in' })
  const { mutate, isPending, error } = useSignOut()
  if (failed !== ASKED_SINCE) return null
  return (
    <>
      <div className="notice" role="status">
        A second factor is asked of everybody here now, and your session began without one. Sign in again to set one up,
        or sign out.
      </div>
      {error && <Said error={error} />}
      <Button variant="default" loading={isPending} onClick={() => mutate({ body: {} })} fullWidth>
        Sign out
      </Button>
    </>
  )
}
