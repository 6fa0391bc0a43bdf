import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Empty } from '../../patterns/empty.tsx'
import { Export } from '../../patterns/export.tsx'
import { Failure } from '../../patterns/failure.tsx'
import type { UsageView } from '../../routes/views.ts'
import { useMay } from '../../session/may.ts'
import { Chart } from './chart.tsx'
import { allLines, hasReports, shownLines } from './csv.ts'
import { Figures } from './figures.tsx'
import { Pickers } from './pickers.tsx'
import { seriesOf } from './series.ts'
import { type Asked, type Told, told } from './told.ts'
import { windowOf } from './window.ts'
import { change, figure, kinds } from './words.ts'

type ShownProps = {
  view: UsageView
  show: (change: UsageView) => void
  /** The project that it is of; without it of the organization. */
  own?: string
  /** Puts what can be done, and the matter, into a page. */
  children: (actions: ReactNode, matter: ReactNode) => ReactNode
}

const measures = { tokens: 'tokens', requests: 'requests', money: 'spent' }

/** What was used and what it cost, over time and by whom: a picture, and its figures. */
export function Shown({ view, show, own, children }: ShownProps) {
  const { measure = 'tokens', by = 'model', compare = false, project } = view
  const readsReports = useMay('api.usage.read')
  const now = Date.now() / 1000
  const window = windowOf(view, now)
  const asked: Asked = { measure, by: own !== undefined && by === 'project' ? 'model' : by, compare, project, own }
  const { data, error, refetch } = useQuery({
    queryKey: ['usage', asked, window],
    queryFn: ({ signal }) => told(asked, window, signal),
  })
  const formats = data
    ? [
        { ending: 'csv', word: 'CSV of what is shown', parts: () => shownLines(data, asked) },
        ...(readsReports && hasReports(asked)
          ? [{ ending: 'csv', word: 'CSV of everybody, from the reports', parts: () => allLines(asked, window) }]
          : []),
      ]
    : []
  const matter = (
    <>
      <Pickers view={view} window={window} now={now} isOwn={own !== undefined} show={show} />
      {error && !data ? (
        <Failure error={error} again={() => void refetch()} />
      ) : !data ? (
        <div className="chart-waits">
          <span className="bone" />
        </div>
      ) : data.total === 0 && !data.before?.total ? (
        <Empty
          title="Nothing was used"
          words="No call of this time went through. Calls show here within moments."
          action={
            <Link to="/playground" search={{ project: own ?? project }}>
              Call a model in the playground
            </Link>
          }
        />
      ) : (
        <Picture {...{ data, asked, window }} />
      )}
    </>
  )
  return children(data && <Export name={`${measure}-by-${asked.by}`} formats={formats} />, matter)
}

type PictureProps = { data: Told; asked: Asked; window: ReturnType<typeof windowOf> }

function Picture({ data, asked: { measure, by }, window }: PictureProps) {
  const series = seriesOf(data)
  const { buckets, total, before } = data
  return (
    <>
      <p className="total">
        <b>{figure(measure, total)}</b> {measures[measure]}
        {before && (
          <span className="muted">
            {' '}
            ·{' '}
            {before.total === 0
              ? 'nothing in the period before'
              : `${change(total, before.total)} against ${figure(measure, before.total)} before`}
          </span>
        )}
      </p>
      <Chart
        label={`Usage by ${kinds[by].toLowerCase()} over time, as stacked bars. The tables below have the figures.`}
        {...{ buckets, series, measure, window, before: before?.amounts ?? null }}
      />
      <Figures {...{ measure, kind: kinds[by], told: data, series, window }} />
    </>
  )
}
