import { Section } from '../../patterns/page.tsx'
import { Table } from '../../patterns/table.tsx'
import type { UsageView } from '../../router.tsx'
import { colorOf } from './chart.tsx'
import { COLORED, keyOf, type Ranked, sum } from './ranked.ts'
import type { Window } from './window.ts'
import { figure, moment, share } from './words.ts'

type FiguresProps = {
  measure: NonNullable<UsageView['measure']>
  /** What those are who used something: `Model`. */
  kind: string
  nameOf: (one: Ranked) => string
  /** Those in the table, and those in the picture. */
  listed: readonly Ranked[]
  series: readonly Ranked[]
  buckets: readonly number[]
  window: Window
}

/** The figures of the picture: of each who used something, and of each bar. */
export function Figures({ measure, kind, nameOf, listed, series, buckets, window }: FiguresProps) {
  const total = sum(listed.map((one) => one.total))
  const rows = listed.map((one, i) => ({ one, color: i < COLORED && !one.isRest ? colorOf(one, i) : 'series-rest' }))
  return (
    <>
      <Section title={`By ${kind.toLowerCase()}`}>
        <Table
          label={`Usage by ${kind.toLowerCase()}`}
          rows={rows}
          keyOf={({ one }) => keyOf(one)}
          columns={[
            {
              title: kind,
              cell: ({ one, color }) => (
                <span className="named">
                  <span className={`swatch ${color}`} aria-hidden="true" />
                  <span className="cut strong" title={nameOf(one)}>
                    {nameOf(one)}
                  </span>
                </span>
              ),
            },
            { title: 'Total', as: 'number', cell: ({ one }) => figure(measure, one.total) },
            { title: 'Share', as: 'number', cell: ({ one }) => share(one.total, total) },
          ]}
        />
      </Section>
      <Section title={window.bucket === '1d' ? 'By day (UTC)' : 'By hour'}>
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
                {series.map((one) => (
                  <th key={keyOf(one)} scope="col" className="number" title={nameOf(one)}>
                    <span className="cut heading">{nameOf(one)}</span>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {buckets.map((at, i) => (
                <tr key={at}>
                  <td>
                    <time dateTime={new Date(at * 1000).toISOString()}>{moment(at, window)}</time>
                  </td>
                  <td className="number">{figure(measure, sum(series.map(({ amounts }) => amounts[i] ?? 0)))}</td>
                  {series.map((one) => (
                    <td key={keyOf(one)} className="number">
                      {figure(measure, one.amounts[i] ?? 0)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      </Section>
    </>
  )
}
