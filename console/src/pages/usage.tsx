import { useQuery } from '@tanstack/react-query'
import { useSearch } from '@tanstack/react-router'
import { csvLine } from '../patterns/csv.ts'
import { Empty } from '../patterns/empty.tsx'
import { Export } from '../patterns/export.tsx'
import { Failure } from '../patterns/failure.tsx'
import { Page } from '../patterns/page.tsx'
import { useMay } from '../session/may.ts'
import { Chart } from './usage/chart.tsx'
import { Figures } from './usage/figures.tsx'
import { useNames } from './usage/names.ts'
import { Pickers } from './usage/pickers.tsx'
import { COLORED, LISTED, type Ranked, ranked, sum } from './usage/ranked.ts'
import { type Used, used } from './usage/read.ts'
import { windowOf } from './usage/window.ts'
import { figure, kinds } from './usage/words.ts'

const measures = { tokens: 'tokens', requests: 'requests', money: 'spent' }

/** What was used and what it cost, over time and by whom: a picture, and its figures. */
export function Usage() {
  const view = useSearch({ from: '/inside/usage' })
  const { measure = 'tokens', by = 'model', project } = view
  const reads = useMay('api.usage.read')
  const now = Date.now() / 1000
  const window = windowOf(view, now)
  const { data, error, refetch } = useQuery({
    queryKey: ['usage', measure, by, project, window],
    queryFn: ({ signal }) => used({ measure, by, project }, window, signal),
    enabled: reads,
  })
  const listed = data ? ranked(data, LISTED) : []
  const series = data ? ranked(data, COLORED) : []
  const names = useNames(
    by,
    listed.map(({ id }) => id),
  )
  const nameOf = ({ id, isRest }: Ranked) => (isRest ? 'All others' : names.get(id) || id || 'None')
  const total = sum(series.map((one) => one.total))
  const formats = [
    { ending: 'csv', word: 'CSV, for a spreadsheet', parts: () => (data ? linesOf(data, { measure, by }) : []) },
  ]
  return (
    <Page
      title="Usage and costs"
      lead="What went through the gate, and what it cost by your prices."
      actions={reads && data && <Export name={`${measure}-by-${by}`} formats={formats} />}
    >
      {!reads ? (
        <Empty title="What was used" words="Usage and costs are shown to the owners of the organization." />
      ) : (
        <>
          <Pickers view={view} window={window} now={now} />
          {error && !data ? (
            <Failure error={error} again={() => void refetch()} />
          ) : !data ? (
            <div className="chart-waits">
              <span className="bone" />
            </div>
          ) : total === 0 ? (
            <Empty
              title="Nothing was used"
              words="No call of this time and this project went through. Calls show here within moments."
              command={`curl ${location.origin}/v1/models -H "Authorization: Bearer $OPENAI_API_KEY"`}
            />
          ) : (
            <>
              <p className="total">
                <b>{figure(measure, total)}</b> {measures[measure]}
              </p>
              <Chart
                label={`${kinds[by]}s over time, as stacked bars. The tables below have the figures.`}
                {...{ buckets: data.buckets, series, measure, window }}
              />
              <Figures {...{ measure, kind: kinds[by], nameOf, listed, series, buckets: data.buckets, window }} />
            </>
          )}
        </>
      )}
    </Page>
  )
}

/** Everybody's figures, also of those who are not listed by themselves: a line for each bucket in which somebody used something. */
function* linesOf({ buckets, groups }: Used, { measure, by }: { measure: string; by: string }): Generator<string> {
  yield csvLine(['begins', by, measure])
  for (const [id, amounts] of groups) {
    for (const [i, at] of buckets.entries()) {
      const amount = amounts[i] ?? 0
      if (amount !== 0) yield csvLine([new Date(at * 1000).toISOString(), id, amount])
    }
  }
}
