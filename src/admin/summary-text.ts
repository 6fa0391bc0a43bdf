import { setImmediate as othersTurn } from 'node:timers/promises'
import { type Named, type NamedKind, namesOfIds } from '../db/usage-names.ts'
import type { GroupBy } from './summary-query.ts'
import type { SummaryCall, SummaryShape } from './summary-shape.ts'
import { type Read, Series, type Sums } from './usage-series.ts'

/** What was read: the period, the one before where it is asked for, and the groups that are told, in their order. */
export type Summarized = { period: Read; previous: Read | null; ids: readonly string[] }

type View = SummaryShape['view']
type Asked = Pick<SummaryCall, 'db' | 'query' | 'inTurn'> & { organizationId: string }

/** The text of a summary, a group at a time. */
export async function* summaryText(
  asked: Asked,
  { object, view }: Pick<SummaryShape, 'object' | 'view'>,
  { period, previous, ids }: Summarized,
): AsyncGenerator<string, void> {
  const { bucket_width, group_by } = asked.query
  const names = await namesOf(asked, group_by, ids)
  yield `${openOf({ object, bucket_width, group_by })},"period":`
  yield* periodText(period, view, names)
  yield ',"previous_period":'
  if (previous) yield* periodText(previous, view, names)
  else yield 'null'
  yield '}'
}

/** An object to which something is to be added. */
const openOf = (fields: object) => JSON.stringify(fields).slice(0, -1)

async function* periodText({ range, all, groups }: Read, view: View, names: ReadonlyMap<string, Named>) {
  const { from, to } = range
  const none = new Series(range, Object.keys(all.total))
  yield `${openOf({ start_time: from, end_time: to, ...seriesView(all, view) })},"groups":[`
  let before = ''
  for (const [id, named] of names) {
    yield before + JSON.stringify({ id: id || null, ...named, ...seriesView(groups.get(id) ?? none, view) })
    before = ','
    await othersTurn()
  }
  const others = groups.get(null)
  yield `],"others":${others ? JSON.stringify(seriesView(others, view)) : 'null'}}`
}

const seriesView = ({ total, buckets }: Series, view: View) => ({
  total: view(total),
  buckets: buckets.map((sums: Sums) => view(sums)),
})

const isNamed = (groupBy: GroupBy): groupBy is NamedKind =>
  groupBy !== 'model' && groupBy !== 'line_item' && groupBy !== 'batch'

/** What has a name of ours; all else that has no name of its own is called by its id. */
const ours: Partial<Record<GroupBy, Readonly<Record<string, string>>>> = {
  batch: { true: 'Batches', false: 'Live calls' },
}

/** What each is called, in the order of the ids. What has no id is nothing that could have gone. */
async function namesOf({ db, organizationId, inTurn }: Asked, groupBy: GroupBy, ids: readonly string[]) {
  const known = isNamed(groupBy)
    ? await inTurn(() => namesOfIds(db, organizationId, groupBy, ids))
    : new Map(ids.map((id): [string, Named] => [id, { name: ours[groupBy]?.[id] ?? id, status: 'active' }]))
  const nobody = { name: null, status: 'active' } as const
  const gone = { name: null, status: 'deleted' } as const
  return new Map(ids.map((id): [string, Named] => [id, id === '' ? nobody : (known.get(id) ?? gone)]))
}
