import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { Item } from '../../api/operations.ts'
import { useRead } from '../../api/query.ts'
import { RowAct } from '../../patterns/act.tsx'
import { List } from '../../patterns/list.tsx'
import { seen } from '../../patterns/names.ts'
import type { Column } from '../../patterns/table.tsx'
import { GiveRole } from './give-role.tsx'
import { type Holder, heldParams, heldPath } from './holder.ts'
import { RemoveRole } from './remove-role.tsx'
import { RoleLink } from './role-link.tsx'
import { beyond, type Where } from './where.ts'

type Held = Item<'GET /v1/organization/users/:user_id/roles'>

type HeldRolesProps = {
  holder: Holder
  where: Where
  /** Why who is signed in may not give or take roles there; null: they may. */
  denied: string | null
}

/** The roles that somebody or a group has, where each comes from, and a way to give and take them. */
export function HeldRoles({ holder, where, denied }: HeldRolesProps) {
  const params = heldParams(holder, where)
  const roles = useRead(`GET ${heldPath(holder.kind, where)}`, { params, query: { limit: 1000 } })
  // A question within a sheet, which is what the address names.
  const [removed, remove] = useState<Held | null>(null)
  const isOwn = (role: Held) => role.assignment_sources.some(({ principal_id }) => principal_id === holder.id)
  const columns: Column<Held>[] = [
    { title: 'Role', cell: (role) => <RoleLink where={where} role={role} /> },
    { title: 'From', cell: (role) => <Sources of={role} holder={holder} /> },
    {
      title: 'Actions',
      as: 'end',
      cell: (role) =>
        isOwn(role) && (
          <RowAct
            denied={denied ?? lacking(beyond(where, role))}
            word="Remove"
            of={role.name}
            onClick={() => remove(role)}
          />
        ),
    },
  ]
  return (
    <div className="stack">
      <List
        label={`Roles of ${holder.name}`}
        read={roles}
        columns={columns}
        keyOf={({ id }) => id}
        empty={<p className="framed muted">None{where.projectId === undefined ? ' in the organization' : ' here'}.</p>}
      />
      {roles.data && (
        <GiveRole {...{ holder, where, denied, has: roles.data.data.filter(isOwn).map(({ id }) => id) }} />
      )}
      {removed && <RemoveRole {...{ holder, where, role: removed }} onClose={() => remove(null)} />}
    </div>
  )
}

const lacking = (permission: string | undefined) =>
  permission === undefined ? null : `It holds ${permission}, which you do not hold yourself: who does can remove it.`

/** Directly, or through which groups. */
function Sources({ of: { assignment_sources }, holder }: { of: Held; holder: Holder }) {
  return (
    <>
      {assignment_sources.map(({ principal_id }) => (
        <div key={principal_id} className="cut">
          {principal_id === holder.id ? <span className="muted">Given directly</span> : <GroupLink id={principal_id} />}
        </div>
      ))}
    </>
  )
}

function GroupLink({ id }: { id: string }) {
  const { data } = useRead('GET /v1/organization/groups/:group_id', { params: { group_id: id } })
  return (
    <Link to="/groups/$groupId" params={{ groupId: id }} title={data?.name}>
      {data ? seen(data.name) : 'A group'}
    </Link>
  )
}
