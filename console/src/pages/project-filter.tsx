import { useRead } from '../api/query.ts'
import { Sought, useSought } from '../patterns/sought.tsx'
import { useMay } from '../session/may.ts'

type ProjectFilterProps = { value: string | undefined; onChange: (id: string | undefined) => void }

/** One of the organization's projects, found by its name: there may be more of them than a list can show. */
export function ProjectFilter({ value, onChange }: ProjectFilterProps) {
  const [name, type] = useSought()
  const reads = useMay('api.management.read')
  const found = useRead('GET /v1/organization/projects', { query: { name, limit: 50, include_archived: true } }, reads)
  const chosen = useRead(
    'GET /v1/organization/projects/:project_id',
    { params: { project_id: value ?? '' } },
    reads && value !== undefined,
  )
  const known = new Map((found.data?.data ?? []).map(({ id, name }) => [id, name]))
  if (value !== undefined) known.set(value, chosen.data?.name ?? value)
  return (
    <Sought
      size="xs"
      label="Project"
      placeholder="All projects"
      clearable
      clearButtonProps={{ 'aria-label': 'All projects' }}
      value={value ?? null}
      onChange={(id) => onChange(id ?? undefined)}
      onSearchChange={type}
      found={known}
      nothingFoundMessage={
        reads ? 'No project has this name' : 'Projects are listed for the owners of the organization'
      }
    />
  )
}
