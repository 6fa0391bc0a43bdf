import { Button } from '@mantine/core'
import { useState } from 'react'
import { useChange, useRead } from '../../api/query.ts'
import { Failure, Said } from '../../patterns/failure.tsx'
import { Section } from '../../patterns/page.tsx'
import { told } from '../../patterns/told.ts'
import { PermissionTable } from './permission-table.tsx'
import { type Role, rolesOf, type Where } from './where.ts'

type RoleViewProps = { where: Where; role: Role; denied: string | null }

/** What a role holds; of a custom one who may change it ticks that anew. */
export function RoleView({ where, role, denied }: RoleViewProps) {
  // Null: as it is stored.
  const [ticked, tick] = useState<ReadonlySet<string> | null>(null)
  const catalogue = useRead('GET /v1/organization/permissions', { query: { limit: 100 } })
  const { mutate, isPending, error } = useChange(`POST ${rolesOf(where)}/:role_id`, ({ name }) => {
    told(`Role '${name}' is changed: who holds it has it so from the next call`)
    tick(null)
  })
  if (catalogue.error && !catalogue.data)
    return <Failure error={catalogue.error} again={() => void catalogue.refetch()} />
  const stored = new Set(role.permissions)
  const held = ticked ?? stored
  const isSame = held.size === stored.size && [...held].every((one) => stored.has(one))
  const toggle = (permission: string) => {
    const next = new Set(held)
    if (!next.delete(permission)) next.add(permission)
    tick(next)
  }
  const save = () =>
    mutate({ params: { project_id: where.projectId ?? '', role_id: role.id }, body: { permissions: [...held] } })
  return (
    <Section
      title="Permissions"
      lead={
        role.predefined_role ? 'A predefined role is always this.' : (denied ?? 'Open a row to see all that it opens.')
      }
    >
      <div className="stack">
        <PermissionTable
          where={where}
          catalogue={catalogue.data?.data}
          held={held}
          onTick={role.predefined_role || denied !== null ? undefined : toggle}
        />
        {held.size === 0 && (role.predefined_role || denied !== null) && <p className="muted">It opens nothing.</p>}
        {error && <Said error={error} />}
        {!isSame && (
          <div className="row-end">
            <Button variant="default" onClick={() => tick(null)}>
              Discard
            </Button>
            <Button onClick={save} loading={isPending}>
              Save permissions
            </Button>
          </div>
        )}
      </div>
    </Section>
  )
}
