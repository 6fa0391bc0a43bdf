import { useState } from 'react'
import { useRead } from '../../api/query.ts'
import { addressed } from '../../patterns/names.ts'
import { Sought, useSought } from '../../patterns/sought.tsx'
import { useMe } from '../../session/me.ts'
import type { Project } from './known.ts'

/** Who may make keys for others: whoever may write the keys of the project, and sees who is in it. */
const deniedForOthers = ({ may }: Project): string | null =>
  may('api.organization.projects.api_keys.write') && may('api.management.read')
    ? null
    : 'Yours. Owners of the project make keys for others.'

type KeyOwnerProps = {
  project: Project
  /** Whose the key is to be; null: one's own. */
  value: string | null
  onChange: (userId: string | null) => void
}

/** Whose a new key is: one's own, or that of somebody who is in the project. */
export function KeyOwner({ project, value, onChange }: KeyOwnerProps) {
  const [name, type] = useSought()
  const [chosen, choose] = useState<[id: string, name: string] | null>(null)
  const me = useMe().data
  const denied = deniedForOthers(project)
  const found = useRead(
    'GET /v1/organization/projects/:project_id/users',
    { params: { project_id: project.id }, query: { name, limit: 50 } },
    denied === null,
  )
  const others = (found.data?.data ?? []).filter(({ id }) => id !== me?.id)
  const known = new Map(others.map((member) => [member.id, addressed(member)]))
  if (chosen) known.set(...chosen)
  return (
    <Sought
      label="Whose"
      description={denied ?? 'It does what its owner may do in this project, and stops with them.'}
      placeholder="Yours"
      clearable
      clearButtonProps={{ 'aria-label': 'Yours' }}
      disabled={denied !== null}
      value={value}
      onChange={(id) => {
        choose(id === null ? null : [id, known.get(id) ?? id])
        onChange(id)
      }}
      onSearchChange={type}
      found={known}
      nothingFoundMessage="Nobody in this project has this name"
      openOnFocus={false}
      comboboxProps={{ withinPortal: false }}
    />
  )
}
