import { Link, useSearch } from '@tanstack/react-router'
import { Act } from '../patterns/act.tsx'
import { Empty } from '../patterns/empty.tsx'
import { Icon } from '../patterns/icons.tsx'
import { useOpened } from '../patterns/opened.ts'
import { Page } from '../patterns/page.tsx'
import { useDenied, useMay } from '../session/may.ts'
import { Invite } from './people/invite.tsx'
import { InviteTable } from './people/invite-table.tsx'
import { SignInPolicy } from './people/sign-in-policy.tsx'
import { UserTable } from './people/user-table.tsx'

/** Who is in the organization, and who was asked to be. */
export function People() {
  const { tab, after, name } = useSearch({ from: '/inside/people' })
  const { isOpen, open, close } = useOpened<'new'>()
  const denied = useDenied()
  const reads = useMay('api.management.read')
  const button = (
    <Act denied={denied} leftSection={<Icon name="plus" />} onClick={() => open('new')}>
      Invite
    </Act>
  )
  return (
    <Page
      title="People"
      lead="Owners of the organization see and change everything. What readers may is said in each project, and by the roles that they have."
      actions={button}
    >
      <nav className="tabs" aria-label="People">
        <Link to="/people" search={{ tab: undefined }} activeOptions={{ explicitUndefined: true }}>
          Users
        </Link>
        <Link to="/people" search={{ tab: 'invites' }}>
          Invites
        </Link>
      </nav>
      {!reads ? (
        <Empty title="Who is here" words="The people of the organization are shown to its owners." />
      ) : tab === 'invites' ? (
        <InviteTable after={after} action={button} />
      ) : (
        <>
          <UserTable {...{ after, name }} />
          <SignInPolicy />
        </>
      )}
      <Invite opened={isOpen('new', denied)} onClose={close} />
    </Page>
  )
}
