import { useRead } from '../api/query.ts'
import { Failure } from '../patterns/failure.tsx'
import { Door } from './door.tsx'
import { WithPassword } from './with-password.tsx'

/** Asks who somebody is, and leads back to the place that they came for. */
export function SignIn() {
  const ways = useRead('GET /v1/organization/sign_in', {})
  if (ways.error) {
    return (
      <Door title="Sign in">
        <Failure error={ways.error} again={() => void ways.refetch()} />
      </Door>
    )
  }
  if (ways.data?.local === false) {
    return <Door title="Sign in" lead="Signing in with a password is turned off on this server. Ask who runs it." />
  }
  return (
    <Door
      title="Sign in"
      lead="To see and change what your organization has on this server."
      foot={
        <>
          First time here, or the password is lost? Whoever runs this server makes a link for you:{' '}
          <code>gatehouse user password-link</code>
        </>
      }
    >
      <WithPassword />
    </Door>
  )
}
