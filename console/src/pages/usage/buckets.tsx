import { Section } from '../../patterns/page.tsx'
import { utcOf } from '../../patterns/time.tsx'
import { type Series, sum } from './series.ts'
import type { Measure, Told } from './told.ts'
import type { Window } from './window.ts'
import { figure, moment } from './words.ts'

const titles = { '1m': 'By minute', '1h': 'By hour', '1d': 'By day (UTC)' }

type BucketsProps = { measure: Measure; told: Told; series: readonly Series[]; window: Window }

/** The figures of each bar. */
export function Buckets({ measure, told: { buckets, before }, series, window }: BucketsProps) {
  return (
    <Section title={titles[window.bucket]}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is scrolled from the keyboard too */}
      <section className="table-box" tabIndex={0} aria-label="Usage over time, which may be wider than the page">
        <table className="table">
          <caption className="hidden">Usage over time</caption>
          <thead>
            <tr>
              <th scope="col">Begins</th>
              <th scope="col" className="number">
                All
              </th>
              {before && (
                <th scope="col" className="number">
                  Before
                </th>
              )}
              {series.map(({ key, name }) => (
                <th key={key} scope="col" className="number" title={name}>
                  <span className="cut heading">{name}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {buckets.map((at, i) => (
              <tr key={at}>
                <td>
                  <time dateTime={new Date(at * 1000).toISOString()} title={utcOf(at)}>
                    {moment(at, window)}
                  </time>
                </td>
                <td className="number">{figure(measure, sum(series.map(({ amounts }) => amounts[i] ?? 0)))}</td>
                {before && <td className="number">{figure(measure, before.amounts[i] ?? 0)}</td>}
                {series.map(({ key, amounts }) => (
                  <td key={key} className="number">
                    {figure(measure, amounts[i] ?? 0)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </Section>
  )
}
