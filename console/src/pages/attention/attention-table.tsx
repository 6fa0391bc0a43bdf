import { seen } from '../../patterns/names.ts'
import { type Column, Table } from '../../patterns/table.tsx'
import { type Item, keyOf, kinds } from './item.ts'
import { Place } from './place.tsx'
import { Words } from './words.tsx'

const columns: Column<Item>[] = [
  {
    title: 'What',
    cell: (item) => (
      <div className="two">
        <Place of={item} />
        <span className="muted">
          <Words of={item} />
        </span>
      </div>
    ),
  },
  {
    title: 'Project',
    as: 'wide',
    cell: ({ project }) =>
      project && (
        <span className="cut" title={project.name}>
          {seen(project.name)}
        </span>
      ),
  },
  {
    title: 'Kind',
    cell: ({ kind, severity }) => (
      <span className={severity === 'critical' ? 'badge bad' : 'badge warn'}>{kinds[kind].one}</span>
    ),
  },
]

type AttentionTableProps = {
  /** What is critical first; undefined: on their way. */
  items: readonly Item[] | undefined
  /** Whether they are those of one project, which needs no naming. */
  isOfProject?: boolean
}

/** What needs somebody's attention, each a way to where it is mended. */
export const AttentionTable = ({ items, isOfProject = false }: AttentionTableProps) => (
  <Table
    label="Needs attention"
    columns={isOfProject ? columns.filter(({ title }) => title !== 'Project') : columns}
    rows={items}
    keyOf={keyOf}
  />
)
