import { useRead } from '../../api/query.ts'
import { Sought, useSought } from '../../patterns/sought.tsx'
import { useMay } from '../../session/may.ts'
import { useProjects } from '../listed.ts'

type ProjectPickProps = { value: string | undefined; onChange: (id: string | undefined) => void }

/** One of the projects that one can see, found by its name. */
export function ProjectPick({ value, onChange }: ProjectPickProps) {
  const [name, type] = useSought()
  const seesAll = useMay('api.management.read')
  const found = useProjects({ limit: 100, name })
  const chosen = useRead(
    'GET /v1/organization/projects/:project_id',
    { params: { project_id: value ?? '' } },
    seesAll && value !== undefined,
  )
  const own = useRead(
    'GET /v1/organization/me/projects',
    { query: { project_id: value } },
    !seesAll && value !== undefined,
  )
  const known = new Map((found.data?.data ?? []).map(({ id, name }) => [id, name]))
  if (value !== undefined) {
    // A server of the version before answers with others, too.
    const mine = own.data?.data.find(({ id }) => id === value)
    known.set(value, chosen.data?.name ?? mine?.name ?? known.get(value) ?? value)
  }
  return (
    <Sought
      size="xs"
      label="Project"
      placeholder="Choose a project"
      value={value ?? null}
      onChange={(id) => onChange(id ?? undefined)}
      onSearchChange={type}
      found={known}
      nothingFoundMessage="No project has this name"
    />
  )
}
