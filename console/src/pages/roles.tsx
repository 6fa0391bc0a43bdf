import { useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { Act } from '../patterns/act.tsx'
import { adminCurl } from '../patterns/curl.ts'
import { Empty } from '../patterns/empty.tsx'
import { Icon } from '../patterns/icons.tsx'
import { Page } from '../patterns/page.tsx'
import { useMayAll } from '../session/may.ts'
import { RoleForm } from './roles/role-form.tsx'
import { RoleList } from './roles/role-list.tsx'
import { deniedRoles } from './roles/where.ts'

/** The roles of the organization. */
export function Roles() {
  const { after } = useSearch({ from: '/inside/roles' })
  const [isMaking, make] = useState(false)
  const where = { may: useMayAll() }
  const button = (
    <Act denied={deniedRoles(where)} leftSection={<Icon name="plus" />} onClick={() => make(true)}>
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
      {isMaking && <RoleForm where={where} onClose={() => make(false)} />}
    </Page>
  )
}
