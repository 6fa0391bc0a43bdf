import { Select } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { useRead } from '../api/query.ts'
import { straight } from '../patterns/names.ts'

type UserFilterProps = {
  label: string
  /** The id of a user, or of a service account whose name was followed. */
  value: string | undefined
  /** What that one is called, where the page knows it. */
  shown: string | undefined
  onChange: (id: string | undefined) => void
}

/** One of the organization's people, found by name: there may be more of them than a list can show. */
export function UserFilter({ label, value, shown, onChange }: UserFilterProps) {
  const [typed, type] = useState('')
  const [name] = useDebouncedValue(typed, 250)
  const found = useRead('GET /v1/organization/users', { query: { name: name || undefined, limit: 50 } })
  const known = new Map((found.data?.data ?? []).map(({ id, name, email }) => [id, name || email || id]))
  if (value !== undefined && !known.has(value)) known.set(value, shown || value)
  return (
    <Select
      size="xs"
      label={label}
      placeholder="Anybody"
      searchable
      clearable
      clearButtonProps={{ 'aria-label': 'Anybody' }}
      value={value ?? null}
      onChange={(id) => onChange(id ?? undefined)}
      onSearchChange={type}
      // The server has found them already; who is chosen is shown as well.
      filter={({ options }) => options}
      data={[...known].map(([value, name]) => ({ value, label: straight(name) }))}
      nothingFoundMessage="Nobody has this name"
    />
  )
}
