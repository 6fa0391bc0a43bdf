import { Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { useRead } from '../api/query.ts'
import { straight } from '../patterns/names.ts'
import { useMay } from '../session/may.ts'

type ProjectFilterProps = { value: string | undefined; onChange: (id: string | undefined) => void }

/** One of the organization's projects, found by its name: there may be more of them than a list can show. */
export function ProjectFilter({ value, onChange }: ProjectFilterProps) {
  const [typed, type] = useState('')
  const [name] = useDebouncedValue(typed, 250)
  const reads = useMay('api.management.read')
  const found = useRead(
    'GET /v1/organization/projects',
    { query: { name: name || undefined, limit: 50, include_archived: true } },
    reads,
  )
  const chosen = useRead(
    'GET /v1/organization/projects/:project_id',
    { params: { project_id: value ?? '' } },
    reads && value !== undefined,
  )
  const known = new Map((found.data?.data ?? []).map(({ id, name }) => [id, name]))
  if (value !== undefined) known.set(value, chosen.data?.name ?? value)
  return (
    <Select
      size="xs"
      label="Project"
      placeholder="All projects"
      searchable
      clearable
      clearButtonProps={{ 'aria-label': 'All projects' }}
      value={value ?? null}
      onChange={(id) => onChange(id ?? undefined)}
      onSearchChange={type}
      // The server has found them already; what is chosen is shown as well.
      filter={({ options }) => options}
      data={[...known].map(([id, name]) => ({ value: id, label: straight(name) }))}
      nothingFoundMessage={
        reads ? 'No project has this name' : 'Projects are listed for the owners of the organization'
      }
    />
  )
}
