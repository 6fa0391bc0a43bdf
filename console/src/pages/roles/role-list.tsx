import type { ReactNode } from 'react'
import { useRead } from '../../api/query.ts'
import { List } from '../../patterns/list.tsx'
import type { Column } from '../../patterns/table.tsx'
import { RoleLink } from './role-link.tsx'
import { type Role, rolesOf, type Where } from './where.ts'

type RoleListProps = { where: Where; after: string | undefined; empty: ReactNode }

/** The roles of the organization or of a project, predefined ones first. */
export function RoleList({ where, after, empty }: RoleListProps) {
  const roles = useRead(`GET ${rolesOf(where)}`, {
    params: { project_id: where.projectId ?? '' },
    query: { after, limit: 50 },
  })
  const columns: Column<Role>[] = [
    { title: 'Name', cell: (role) => <RoleLink where={where} role={role} /> },
    {
      title: 'Kind',
      cell: ({ predefined_role }) => (
        <span className={predefined_role ? 'badge' : 'badge good'}>{predefined_role ? 'Predefined' : 'Custom'}</span>
      ),
    },
    { title: 'Permissions', as: 'wide number', cell: ({ permissions }) => permissions.length },
    {
      title: 'For',
      as: 'wide',
      cell: ({ description }) => (
        <span className="cut muted" title={description ?? ''}>
          {description}
        </span>
      ),
    },
  ]
  const hasOwn = roles.data?.data.some(({ predefined_role }) => !predefined_role)
  return (
    <>
      <List label="Roles" read={roles} columns={columns} keyOf={({ id }) => id} after={after} empty={null} />
      {roles.data && after === undefined && !hasOwn && <div className="section">{empty}</div>}
    </>
  )
}
