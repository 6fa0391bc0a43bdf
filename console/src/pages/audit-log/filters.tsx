import { Button, NativeSelect } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import type { AuditType } from '../../../../src/core/audit.ts'
import { Day } from '../../patterns/day.tsx'
import { Search } from '../../patterns/search.tsx'
import type { LogFilters } from '../../routes/views.ts'
import { ProjectFilter } from '../project-filter.tsx'
import { happenings } from './events.ts'

const types = Object.keys(happenings) as AuditType[]

/** Narrows the log. All of it stands in the address. */
export function Filters({ filters }: { filters: LogFilters }) {
  const navigate = useNavigate()
  const filter = (change: LogFilters) =>
    void navigate({ to: '/audit-log', search: { ...filters, ...change }, replace: true })
  const isFiltered = Object.values(filters).some((value) => value !== undefined)
  return (
    <div className="filters labelled">
      <NativeSelect
        size="xs"
        label="What"
        value={filters.type ?? ''}
        onChange={(event) => filter({ type: event.currentTarget.value || undefined })}
        data={[{ value: '', label: 'Everything' }, ...types.map((type) => ({ value: type, label: happenings[type] }))]}
      />
      <Search
        label="Who"
        isLabelled
        placeholder="Address or id"
        value={filters.actor}
        onSearch={(actor) => filter({ actor })}
      />
      <ProjectFilter value={filters.project} onChange={(project) => filter({ project })} />
      <Day label="From" value={filters.from} onChange={(from) => filter({ from })} />
      <Day label="To" value={filters.until} isLast onChange={(until) => filter({ until })} />
      {isFiltered && (
        <Button variant="default" onClick={() => void navigate({ to: '/audit-log', search: {} })}>
          Clear
        </Button>
      )}
    </div>
  )
}
