import type { Item } from '../../api/operations.ts'
import { useChange, useRead } from '../../api/query.ts'
import { RowAct } from '../../patterns/act.tsx'
import { List } from '../../patterns/list.tsx'
import type { Column } from '../../patterns/table.tsx'
import { Time } from '../../patterns/time.tsx'
import { told } from '../../patterns/told.ts'
import { programOf } from '../../session/program.ts'

type Session = Item<'GET /v1/organization/sessions'>

type SessionTableProps = {
  /** Whose; without one one's own. */
  userId?: string
  after?: string | undefined
}

const WIDE: Column<Session>[] = [
  { title: 'Network address', as: 'wide', cell: ({ ip_address }) => <span className="mono">{ip_address}</span> },
  { title: 'Signed in', as: 'wide', cell: ({ created_at }) => <Time at={created_at} as="minute" /> },
]

/** Where somebody is signed in, and the end of each. In a sheet, which is narrow, are the first hundred. */
export function SessionTable({ userId, after }: SessionTableProps) {
  const isOfOther = userId !== undefined
  const query = isOfOther ? { user_id: userId, limit: 100 } : { after }
  const sessions = useRead('GET /v1/organization/sessions', { query })
  const end = useChange('DELETE /v1/organization/sessions/:session_id', () => told('That session has ended'))
  const signOut = (session_id: string) =>
    end.mutate({ params: { session_id } }, { onError: ({ message }) => told(message) })
  const columns: Column<Session>[] = [
    { title: 'Where', cell: (session) => <Where of={session} hasAddress={isOfOther} /> },
    ...(isOfOther ? [] : WIDE),
    { title: 'Last used', cell: ({ last_used_at }) => <Time at={last_used_at} as="ago" /> },
    {
      title: 'Actions',
      as: 'end',
      cell: ({ id, is_current, user_agent }) =>
        !is_current && <RowAct word="Sign out" of={programOf(user_agent)} onClick={() => signOut(id)} />,
    },
  ]
  return (
    <List
      label="Sessions"
      read={sessions}
      columns={columns}
      keyOf={({ id }) => id}
      after={after}
      excerpt={isOfOther}
      empty={<p className="muted">There are none.</p>}
    />
  )
}

function Where({ of: { user_agent, is_current, ip_address }, hasAddress }: { of: Session; hasAddress: boolean }) {
  const program = (
    <span className="named">
      <span className="cut strong" title={user_agent ?? ''}>
        {programOf(user_agent)}
      </span>
      {is_current && <span className="badge good">This one</span>}
    </span>
  )
  if (!hasAddress) return program
  return (
    <div className="two">
      {program}
      <div className="mono">{ip_address}</div>
    </div>
  )
}
