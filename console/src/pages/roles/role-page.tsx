import type { ReactNode } from 'react'
import { useRead } from '../../api/query.ts'
import { Act } from '../../patterns/act.tsx'
import { Failure } from '../../patterns/failure.tsx'
import { useOpened } from '../../patterns/opened.ts'
import { Page } from '../../patterns/page.tsx'
import { Waiting } from '../../patterns/waiting.tsx'
import { DeleteRole } from './delete-role.tsx'
import { RoleForm } from './role-form.tsx'
import { RoleView } from './role-view.tsx'
import { beyond, deniedRoles, rolesOf, type Where } from './where.ts'

type RolePageProps = { where: Where; roleId: string; above: ReactNode; onDeleted: () => Promise<void> }

/** A role: what it holds, and its end. */
export function RolePage({ where, roleId, above, onDeleted }: RolePageProps) {
  const { isOpen, open, close } = useOpened<'rename'>()
  const read = useRead(`GET ${rolesOf(where)}/:role_id`, {
    params: { project_id: where.projectId ?? '', role_id: roleId },
  })
  const role = read.data
  const lacked = role && beyond(where, role)
  const denied =
    deniedRoles(where) ??
    (lacked === undefined ? null : `It holds ${lacked}, which you do not hold yourself: who does can change it.`)
  return (
    <Page
      title={role?.name ?? 'Role'}
      lead={role?.description}
      above={above}
      actions={
        role &&
        !role.predefined_role && (
          <Act variant="default" denied={denied} onClick={() => open('rename')}>
            Rename
          </Act>
        )
      }
    >
      {!role && (read.error ? <Failure error={read.error} again={() => void read.refetch()} /> : <Waiting />)}
      {role && <RoleView where={where} role={role} denied={denied} />}
      {role && !role.predefined_role && <DeleteRole {...{ where, role, denied, onDone: onDeleted }} />}
      {role && !role.predefined_role && isOpen('rename', denied) && <RoleForm {...{ where, role, onClose: close }} />}
    </Page>
  )
}
