import { useRead } from '../api/query.ts'
import { Failure } from '../patterns/failure.tsx'
import { Page, Section } from '../patterns/page.tsx'
import { useMe } from '../session/me.ts'
import { ChangePassword } from './profile/change-password.tsx'
import { SecondFactor } from './profile/second-factor.tsx'
import { Sessions } from './profile/sessions.tsx'

/** What is about oneself. */
export function Profile() {
  const me = useMe().data
  const ways = useRead('GET /v1/organization/sign_in', {})
  if (!me) return null
  return (
    <Page title="Profile and sessions" lead="Who you are here, and where you are signed in.">
      <dl className="facts">
        <dt>Name</dt>
        <dd>{me.name}</dd>
        <dt>Address</dt>
        <dd>{me.email}</dd>
        <dt>Organization</dt>
        <dd>{me.organization.name}</dd>
        <dt>Role</dt>
        <dd className="capital">{me.roles.map(({ name }) => name).join(', ') || 'None'}</dd>
        <dt>User ID</dt>
        <dd className="mono">{me.id}</dd>
      </dl>
      <Sessions />
      {ways.error && !ways.data && <Failure error={ways.error} again={() => void ways.refetch()} />}
      {ways.data?.local && (
        <>
          <Section title="Password" lead="When it changes, you stay signed in here and nowhere else.">
            <ChangePassword me={me} />
          </Section>
          <SecondFactor me={me} />
        </>
      )}
    </Page>
  )
}
