import { Select } from '@mantine/core'
import { useRead } from '../../api/query.ts'
import { seen } from '../../patterns/names.ts'
import { useSought } from '../../patterns/sought.tsx'
import { useMay } from '../../session/may.ts'
import { useProjects } from '../listed.ts'

type ProjectPickProps = { value: string | undefined; onChange: (id: string | undefined) => void }

/** One of the projects that one can see, found by its name. */
export function ProjectPick({ value, onChange }: ProjectPickProps) {
  const [name, type] = useSought()
  const seesAll = useMay('api.management.read')
  const found = useProjects({ limit: 100, name: seesAll ? name : undefined })
  const chosen = useRead(
    'GET /v1/organization/projects/:project_id',
    { params: { project_id: value ?? '' } },
    seesAll && value !== undefined,
  )
  const known = new Map((found.data?.data ?? []).map(({ id, name }) => [id, name]))
  if (value !== undefined) known.set(value, chosen.data?.name ?? known.get(value) ?? value)
  return (
    <Select
      size="xs"
      label="Project"
      placeholder="Choose a project"
      searchable
      value={value ?? null}
      onChange={(id) => onChange(id ?? undefined)}
      onSearchChange={type}
      // Where the server finds them it has found them already.
      {...(seesAll && { filter: ({ options }) => options })}
      data={[...known].map(([id, name]) => ({ value: id, label: seen(name) }))}
      nothingFoundMessage="No project has this name"
    />
  )
}
