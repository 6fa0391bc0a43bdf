import { Link, useNavigate, useParams } from '@tanstack/react-router'
import { useMayAll } from '../../session/may.ts'
import { RolePage } from './role-page.tsx'

/** A role of the organization. */
export function OrganizationRole() {
  const { roleId } = useParams({ from: '/inside/roles/$roleId' })
  const navigate = useNavigate()
  return (
    <RolePage
      key={roleId}
      where={{ may: useMayAll() }}
      roleId={roleId}
      above={<Link to="/roles">Roles</Link>}
      onDeleted={() => navigate({ to: '/roles', replace: true })}
    />
  )
}
