import { useSearch } from '@tanstack/react-router'
import { useRead } from '../api/query.ts'
import { Failure } from '../patterns/failure.tsx'
import { Door } from './door.tsx'
import { AskedSince } from './factor/asked-since.tsx'
import { NotLetIn, WithProvider } from './provider.tsx'
import { WithPassword } from './with-password.tsx'

/** Asks who somebody is, and leads back to the place that they came for. */
export function SignIn() {
  const { organization } = useSearch({ from: '/sign-in' })
  const lead = organization === undefined ? LEAD : OF_ONE
  const ways = useRead('GET /v1/organization/sign_in', {})
  if (ways.error) {
    return (
      <Door title="Sign in">
        <Failure error={ways.error} again={() => void ways.refetch()} />
      </Door>
    )
  }
  if (!ways.data) return <Door title="Sign in" lead={lead} />
  const { local, oidc } = ways.data
  if (!local && !oidc) {
    return <Door title="Sign in" lead="Signing in with a password is turned off on this server. Ask who runs it." />
  }
  return (
    <Door title="Sign in" lead={lead} foot={local && <Lost />}>
      <div className="stack">
        <NotLetIn />
        <AskedSince />
        {oidc && <WithProvider issuer={oidc.issuer} isOnly={!local} />}
        {oidc && local && <div className="door-or">or with a password</div>}
        {local && <WithPassword />}
      </div>
    </Door>
  )
}

const LEAD = 'To see and change what your organization has on this server.'
const OF_ONE = 'To see and change what an organization has on this server: the one that the address of this page names.'

function Lost() {
  return (
    <>
      First time here, or the password is lost? An owner of the organization makes a link for you, or whoever runs this
      server: <code>gatehouse user password-link</code>
    </>
  )
}
