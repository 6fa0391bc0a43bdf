import { useRead } from '../api/query.ts'
import { nameOf } from '../patterns/names.ts'
import { Sought, useSought } from '../patterns/sought.tsx'

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
  const [name, type] = useSought()
  const found = useRead('GET /v1/organization/users', { query: { name, limit: 50 } })
  const known = new Map((found.data?.data ?? []).map((user) => [user.id, nameOf(user)]))
  if (value !== undefined && !known.has(value)) known.set(value, shown || value)
  return (
    <Sought
      size="xs"
      label={label}
      placeholder="Anybody"
      clearable
      clearButtonProps={{ 'aria-label': 'Anybody' }}
      value={value ?? null}
      onChange={(id) => onChange(id ?? undefined)}
      onSearchChange={type}
      found={known}
      nothingFoundMessage="Nobody has this name"
    />
  )
}
