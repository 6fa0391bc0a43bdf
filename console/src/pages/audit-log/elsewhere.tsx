import { useRead } from '../../api/query.ts'
import { useOpenRows } from '../../patterns/opened.ts'
import { type Column, Table } from '../../patterns/table.tsx'
import { Detail } from './detail.tsx'
import type { Event } from './events.ts'

type ElsewhereProps = { shown: readonly Event[]; columns: readonly Column<Event>[] }

/** The events that the address opens and that are not on this page of the log: whoever is sent one sees it, however old it has become. */
export function Elsewhere({ shown, columns }: ElsewhereProps) {
  const [opened] = useOpenRows()
  return opened
    .filter((id) => isEvent(id) && !shown.some((event) => event.id === id))
    .map((id) => <One key={id} id={id} columns={columns} />)
}

function One({ id, columns }: { id: string; columns: readonly Column<Event>[] }) {
  const { data } = useRead('GET /v1/organization/audit_logs', { query: { before: rightBefore(id), limit: 1 } })
  const found = data?.data.filter((event) => event.id === id) ?? []
  if (found.length === 0) return null
  return (
    <Table
      label="An event of another page"
      columns={columns}
      rows={found}
      keyOf={({ id }) => id}
      detail={(event) => <Detail event={event} />}
    />
  )
}

const isEvent = (id: string) => /^audit_log-[0-9a-z]{24}$/.test(id)

/** The id that an older event would have that stands next to it. A cursor keeps its place in the order, also where nothing has its id. */
const rightBefore = (id: string) =>
  id.replace(
    /([1-9a-z])(0*)$/,
    (_, digit: string, zeros: string) => (Number.parseInt(digit, 36) - 1).toString(36) + 'z'.repeat(zeros.length),
  )
