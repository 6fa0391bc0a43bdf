import { useState } from 'react'
import { useChange, useRead } from '../../../api/query.ts'
import { Sheet } from '../../../patterns/sheet.tsx'
import { Sought, useSought } from '../../../patterns/sought.tsx'
import { told } from '../../../patterns/told.ts'
import { RoleSelect, useRoleOptions } from '../../roles/give-role.tsx'
import type { Project } from '../known.ts'

/** Puts a group of the organization into the project, with a role. */
export function AddGroup({ project, onClose }: { project: Project; onClose: () => void }) {
  const [name, type] = useSought()
  const [group, choose] = useState<string | null>(null)
  const [role, give] = useState<string | null>(null)
  const groups = useRead('GET /v1/organization/groups', { query: { name, limit: 50 } })
  const options = useRoleOptions({ projectId: project.id, may: project.may }, [])
  const { mutate, isPending, error } = useChange(
    'POST /v1/organization/projects/:project_id/groups',
    ({ group_name }) => {
      told(`Group '${group_name}' is in the project`)
      onClose()
    },
  )
  const submit = () => {
    if (group !== null && role !== null) mutate({ params: { project_id: project.id }, body: { group_id: group, role } })
  }
  return (
    <Sheet
      {...{ title: 'Add group', opened: true, onClose, action: 'Add group', busy: isPending, error }}
      onSubmit={submit}
    >
      <Sought
        label="Group"
        description="One of the organization, by name. New ones are made under Groups there."
        required
        withAsterisk={false}
        value={group}
        onChange={choose}
        onSearchChange={type}
        found={(groups.data?.data ?? []).map(({ id, name }) => [id, name])}
        nothingFoundMessage="No group has this name"
        openOnFocus={false}
        comboboxProps={{ withinPortal: false }}
        data-autofocus
      />
      <RoleSelect label="Role in this project" value={role} onChange={give} options={options} isRequired />
    </Sheet>
  )
}
