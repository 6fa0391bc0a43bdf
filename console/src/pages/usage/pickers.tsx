import { Checkbox, NativeSelect, SegmentedControl } from '@mantine/core'
import { Day } from '../../patterns/day.tsx'
import type { UsageView } from '../../routes/views.ts'
import { ProjectFilter } from '../project-filter.tsx'
import { type Bucket, canShow, type Window } from './window.ts'
import { kinds } from './words.ts'

type PickersProps = {
  view: UsageView
  window: Window
  now: number
  /** Whether it is of one project: none is chosen then. */
  isOwn: boolean
  show: (change: UsageView) => void
}

/** What is shown of the usage. All of it stands in the address. */
export function Pickers({ view, window, now, isOwn, show }: PickersProps) {
  return (
    <>
      <div className="filters measured">
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
        <Checkbox
          size="xs"
          label="Compare with the period before"
          checked={view.compare ?? false}
          onChange={(event) => show({ compare: event.currentTarget.checked || undefined })}
        />
      </div>
      <div className="filters labelled">
        <NativeSelect
          size="xs"
          label="By"
          value={view.by ?? 'model'}
          onChange={(event) => show({ by: event.currentTarget.value as NonNullable<UsageView['by']> })}
          data={Object.entries(kinds)
            .filter(([value]) => !isOwn || value !== 'project')
            .map(([value, label]) => ({ value, label }))}
        />
        <Range view={view} window={window} show={show} />
        <NativeSelect
          size="xs"
          label="Each bar"
          value={window.bucket}
          onChange={(event) => show({ bucket: event.currentTarget.value as Bucket })}
          data={(
            [
              ['1d', 'A day (UTC)', 'from a day on'],
              ['1h', 'An hour', 'of 7 days at most'],
              ['1m', 'A minute', 'of 6 hours at most'],
            ] as const
          ).map(([value, label, why]) =>
            canShow(value, view, now) ? { value, label } : { value, label: `${label}: ${why}`, disabled: true },
          )}
        />
        {!isOwn && <ProjectFilter value={view.project} onChange={(project) => show({ project })} />}
      </div>
    </>
  )
}

const none = { hours: undefined, days: undefined, from: undefined, until: undefined, bucket: undefined }

function Range({ view, window, show }: Pick<PickersProps, 'view' | 'window' | 'show'>) {
  const isOther = view.from !== undefined
  const value = isOther ? 'other' : view.hours !== undefined ? `${view.hours}h` : String(view.days ?? 7)
  const choose = (chosen: string) => {
    if (chosen === 'other') show({ ...none, from: window.start, until: window.end })
    else if (chosen.endsWith('h')) show({ ...none, hours: Number.parseInt(chosen, 10) as 1 | 6 })
    else show({ ...none, days: Number(chosen) as 1 | 7 | 30 | 90 })
  }
  return (
    <>
      <NativeSelect
        size="xs"
        label="Time"
        value={value}
        onChange={(event) => choose(event.currentTarget.value)}
        data={[
          { value: '1h', label: 'Last hour' },
          { value: '6h', label: 'Last 6 hours' },
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
    </>
  )
}
