import { straight } from '../../patterns/names.ts'
import { colorOf, type Series, sum } from './series.ts'
import type { Measure } from './told.ts'
import './usage.css'
import type { Window } from './window.ts'
import { figure, moment, short } from './words.ts'

type ChartProps = {
  label: string
  buckets: readonly number[]
  series: readonly Series[]
  /** The sum of each bucket of the period before. */
  before: readonly number[] | null
  measure: Measure
  window: Window
}

/** The height of the picture, in parts that its bars are told in, and the width of a bucket. */
const HEIGHT = 1000
const STEP = 100

/** Stacked bars, one for each bucket. Who cannot see them has the same figures in the tables below. */
export function Chart({ label, buckets, series, before, measure, window }: ChartProps) {
  const totals = buckets.map((_, i) => sum(series.map(({ amounts }) => amounts[i] ?? 0)))
  const top = roundedUp(Math.max(...totals, ...(before ?? [])), measure)
  const ends = [buckets[0], buckets[Math.floor(buckets.length / 2)], buckets.at(-1)]
  const lines = (i: number) => [
    `${moment(buckets[i] ?? 0, window)}: ${figure(measure, totals[i] ?? 0)}`,
    ...(before ? [`Before: ${figure(measure, before[i] ?? 0)}`] : []),
    ...series.flatMap(({ name, amounts }) => (amounts[i] ? [straight(`${name}: ${figure(measure, amounts[i])}`)] : [])),
  ]
  return (
    <figure className="chart">
      <div className="chart-scale" aria-hidden="true">
        {[top, top / 2, 0].map((tick) => (
          <span key={tick}>{short(measure, tick)}</span>
        ))}
      </div>
      <svg
        role="img"
        aria-label={label}
        viewBox={`0 0 ${buckets.length * STEP} ${HEIGHT}`}
        preserveAspectRatio="none"
        className="chart-bars"
      >
        {buckets.map((at, i) => (
          <g key={at}>
            <title>{lines(i).join('\n')}</title>
            <rect className="chart-hit" x={i * STEP} y={0} width={STEP} height={HEIGHT} />
            <Bar at={i} series={series} top={top} />
            {before && <Before at={i} height={((before[i] ?? 0) / top) * HEIGHT} />}
          </g>
        ))}
      </svg>
      <div className="chart-times" aria-hidden="true">
        {[...new Set(ends)].map((at) => at !== undefined && <span key={at}>{moment(at, window)}</span>)}
      </div>
    </figure>
  )
}

function Bar({ at, series, top }: { at: number; series: readonly Series[]; top: number }) {
  let below = 0
  return series.map(({ key, amounts, isRest }, i) => {
    const height = ((amounts[at] ?? 0) / top) * HEIGHT
    if (height === 0) return null
    below += height
    return (
      <rect
        key={key}
        className={colorOf(i, isRest)}
        x={at * STEP + STEP * 0.14}
        y={HEIGHT - below}
        width={STEP * 0.72}
        height={height}
      />
    )
  })
}

/** How high the bar of the period before was: a line across. */
const Before = ({ at, height }: { at: number; height: number }) => (
  <path className="chart-before" d={`M${at * STEP} ${HEIGHT - height}h${STEP}`} vectorEffect="non-scaling-stroke" />
)

/** The end of the scale: a round figure that no bar is above. What is counted is counted in whole ones. */
function roundedUp(most: number, measure: Measure): number {
  if (most <= 0) return measure === 'money' ? 1 : 2
  const power = 10 ** Math.floor(Math.log10(most))
  const round = [1, 2, 4, 6, 8, 10].find((step) => step * power >= most) ?? 10
  return measure === 'money' ? round * power : Math.max(2, round * power)
}
