import { NativeSelect, SegmentedControl } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { Day } from '../../patterns/day.tsx'
import type { UsageView } from '../../router.tsx'
import { ProjectFilter } from '../project-filter.tsx'
import { canHours, type Window } from './window.ts'
import { kinds } from './words.ts'

type PickersProps = { view: UsageView; window: Window; now: number }

/** What is shown of the usage. All of it stands in the address. */
export function Pickers({ view, window, now }: PickersProps) {
  const navigate = useNavigate()
  const show = (change: UsageView) => void navigate({ to: '/usage', search: { ...view, ...change }, replace: true })
  const isOther = view.from !== undefined
  return (
    <>
      <div className="filters">
        <SegmentedControl
          size="xs"
          aria-label="What is counted"
          value={view.measure ?? 'tokens'}
          onChange={(value) => show({ measure: value as NonNullable<UsageView['measure']> })}
          data={[
            { value: 'tokens', label: 'Tokens' },
            { value: 'requests', label: 'Requests' },
            { value: 'money', label: 'Money' },
          ]}
        />
      </div>
      <div className="filters labelled">
        <NativeSelect
          size="xs"
          label="By"
          value={view.by ?? 'model'}
          onChange={(event) => show({ by: event.currentTarget.value as NonNullable<UsageView['by']> })}
          data={Object.entries(kinds).map(([value, label]) => ({ value, label }))}
        />
        <NativeSelect
          size="xs"
          label="Time"
          value={isOther ? 'other' : String(view.days ?? 7)}
          onChange={(event) => {
            const value = event.currentTarget.value
            if (value === 'other') show({ days: undefined, from: window.start, until: window.end })
            else show({ days: Number(value) as 1 | 7 | 30 | 90, from: undefined, until: undefined })
          }}
          data={[
            { value: '1', label: 'Last 24 hours' },
            { value: '7', label: 'Last 7 days' },
            { value: '30', label: 'Last 30 days' },
            { value: '90', label: 'Last 90 days' },
            { value: 'other', label: 'Other days' },
          ]}
        />
        {isOther && (
          <>
            <Day label="From" value={view.from} onChange={(from) => show({ from })} />
            <Day label="To" value={view.until} isLast onChange={(until) => show({ until })} />
          </>
        )}
        <NativeSelect
          size="xs"
          label="Each bar"
          value={window.bucket}
          onChange={(event) => show({ bucket: event.currentTarget.value as '1h' | '1d' })}
          data={[
            { value: '1d', label: 'A day (UTC)' },
            { value: '1h', label: 'An hour', disabled: !canHours(view, now) },
          ]}
        />
        <ProjectFilter value={view.project} onChange={(project) => show({ project })} />
      </div>
    </>
  )
}
