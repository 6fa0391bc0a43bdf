import { Section } from '../../patterns/page.tsx'
import { type Column, Table } from '../../patterns/table.tsx'
import { Buckets } from './buckets.tsx'
import { colorOf, type Series } from './series.ts'
import type { Group, Measure, Told } from './told.ts'
import type { Window } from './window.ts'
import { change, figure, share } from './words.ts'

type FiguresProps = {
  measure: Measure
  /** What those are who used something: `Model`. */
  kind: string
  told: Told
  series: readonly Series[]
  window: Window
}

/** The figures of the picture: of each who used something, and of each bar. */
export function Figures({ measure, kind, told, series, window }: FiguresProps) {
  const rows = told.groups.map((group, i) => ({ group, color: colorOf(i, group.isRest) }))
  return (
    <>
      <Section title={`By ${kind.toLowerCase()}`}>
        <Table
          label={`Usage by ${kind.toLowerCase()}`}
          rows={rows}
          keyOf={({ group }) => group.key}
          columns={[
            { title: kind, cell: ({ group, color }) => <Who group={group} color={color} /> },
            ...(measure === 'tokens' ? ofTokens : []),
            { title: 'Total', as: 'number', cell: ({ group }) => figure(measure, group.total) },
            { title: 'Share', as: 'number', cell: ({ group }) => share(group.total, told.total) },
            ...(told.before ? beforeOf(measure) : []),
          ]}
        />
      </Section>
      <Buckets {...{ measure, told, series, window }} />
    </>
  )
}

type Row = { group: Group; color: string }

function Who({ group: { name, status }, color }: Row) {
  return (
    <span className="named">
      <span className={`swatch ${color}`} aria-hidden="true" />
      <span className="cut strong" title={name}>
        {name}
      </span>
      {status !== 'active' && <span className="badge">{status === 'deleted' ? 'Deleted' : 'Archived'}</span>}
    </span>
  )
}

/** A column of what is counted beside the measure. */
const counted = (title: string, name: 'input_tokens' | 'input_cached_tokens' | 'output_tokens'): Column<Row> => ({
  title,
  as: 'wide number',
  cell: ({ group: { figures } }) => ('amount' in figures ? '' : figure('tokens', figures[name])),
})
const ofTokens = [
  counted('Input', 'input_tokens'),
  counted('Of it cached', 'input_cached_tokens'),
  counted('Output', 'output_tokens'),
]

const beforeOf = (measure: Measure): Column<Row>[] => [
  { title: 'Before', as: 'wide number', cell: ({ group }) => figure(measure, group.before ?? 0) },
  { title: 'Change', as: 'number', cell: ({ group }) => change(group.total, group.before ?? 0) },
]
