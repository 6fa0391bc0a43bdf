import { useSearch } from '@tanstack/react-router'
import { Act } from '../patterns/act.tsx'
import { adminCurl } from '../patterns/curl.ts'
import { Empty } from '../patterns/empty.tsx'
import { Icon } from '../patterns/icons.tsx'
import { useOpened } from '../patterns/opened.ts'
import { Page } from '../patterns/page.tsx'
import { useMayAll } from '../session/may.ts'
import { RoleForm } from './roles/role-form.tsx'
import { RoleList } from './roles/role-list.tsx'
import { deniedRoles } from './roles/where.ts'

/** The roles of the organization. */
export function Roles() {
  const { after } = useSearch({ from: '/inside/roles' })
  const { isOpen, open, close } = useOpened<'new'>()
  const where = { may: useMayAll() }
  const button = (
    <Act denied={deniedRoles(where)} leftSection={<Icon name="plus" />} onClick={() => open('new')}>
      New role
    </Act>
  )
  return (
    <Page
      title="Roles"
      lead="What people and groups may do in the organization and in all of its projects. A project has roles of its own."
      actions={button}
    >
      {where.may('api.roles.read') ? (
        <RoleList
          where={where}
          after={after}
          empty={
            <Empty
              title="No roles of your own yet"
              words="With a role of your own somebody sees the usage, say, and nothing else."
              action={button}
              command={adminCurl(
                'organization/roles',
                '{"role_name": "Sees usage", "permissions": ["api.usage.read"]}',
              )}
            />
          }
        />
      ) : (
        <Empty title="Roles" words="You may not see the roles of the organization. Its owners can change that." />
      )}
      {isOpen('new', deniedRoles(where)) && <RoleForm where={where} onClose={close} />}
    </Page>
  )
}
