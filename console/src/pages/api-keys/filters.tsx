import { Button, NativeSelect } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { Search } from '../../patterns/search.tsx'
import type { KeyFilters } from '../../routes/views.ts'
import { UserFilter } from '../user-filter.tsx'

type FiltersProps = {
  filters: KeyFilters
  /** What the owner of the keys that are shown is called, where all of them are of one. */
  ownerName: string | undefined
}

/** Narrows the list of all keys. All of it stands in the address. */
export function Filters({ filters, ownerName }: FiltersProps) {
  const navigate = useNavigate()
  const filter = (change: KeyFilters) =>
    void navigate({ to: '/keys', search: { ...filters, ...change }, replace: true })
  const isFiltered = Object.values(filters).some((value) => value !== undefined)
  return (
    <div className="filters labelled">
      <Search label="Name" isLabelled value={filters.name} onSearch={(name) => filter({ name })} />
      <NativeSelect
        size="xs"
        label="Status"
        value={filters.status ?? ''}
        onChange={(event) => filter({ status: (event.currentTarget.value || undefined) as KeyFilters['status'] })}
        data={[
          { value: '', label: 'Every status' },
          { value: 'active', label: 'Active' },
          { value: 'disabled', label: 'Disabled' },
          { value: 'expired', label: 'Expired' },
        ]}
      />
      <NativeSelect
        size="xs"
        label="Kind"
        value={filters.kind ?? ''}
        onChange={(event) => filter({ kind: (event.currentTarget.value || undefined) as KeyFilters['kind'] })}
        data={[
          { value: '', label: 'Both kinds' },
          { value: 'project', label: 'Keys of projects' },
          { value: 'admin', label: 'Admin keys' },
        ]}
      />
      <UserFilter label="Owner" value={filters.owner} shown={ownerName} onChange={(owner) => filter({ owner })} />
      {isFiltered && (
        <Button variant="default" onClick={() => void navigate({ to: '/keys', search: {} })}>
          Clear
        </Button>
      )}
    </div>
  )
}
