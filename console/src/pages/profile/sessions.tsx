import { Button } from '@mantine/core'
import { useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import type { Item } from '../../api/operations.ts'
import { useChange, useRead } from '../../api/query.ts'
import { Confirm } from '../../patterns/confirm.tsx'
import { Said } from '../../patterns/failure.tsx'
import { List } from '../../patterns/list.tsx'
import { Section } from '../../patterns/page.tsx'
import type { Column } from '../../patterns/table.tsx'
import { Time } from '../../patterns/time.tsx'
import { told } from '../../patterns/told.ts'
import { useSignOut } from '../../session/sign-out.ts'
import { programOf } from './program.ts'

type Session = Item<'GET /v1/organization/sessions'>

/** Where one is signed in. */
export function Sessions() {
  const { after } = useSearch({ from: '/inside/profile' })
  const [isAsked, ask] = useState(false)
  const sessions = useRead('GET /v1/organization/sessions', { query: { after } })
  const end = useChange('DELETE /v1/organization/sessions/:session_id', () => told('That session has ended'))
  const everywhere = useSignOut()
  const columns: Column<Session>[] = [
    {
      title: 'Where',
      cell: ({ user_agent, is_current }) => (
        <span className="named">
          <span className="cut strong" title={user_agent ?? ''}>
            {programOf(user_agent)}
          </span>
          {is_current && <span className="badge good">This one</span>}
        </span>
      ),
    },
    { title: 'Network address', as: 'wide', cell: ({ ip_address }) => <span className="mono">{ip_address}</span> },
    { title: 'Signed in', as: 'wide', cell: ({ created_at }) => <Time at={created_at} as="minute" /> },
    { title: 'Last used', cell: ({ last_used_at }) => <Time at={last_used_at} as="ago" /> },
    {
      title: 'Actions',
      as: 'end',
      cell: ({ id, is_current }) =>
        !is_current && (
          <Button
            variant="subtle"
            color="gray"
            size="compact-xs"
            loading={end.isPending && end.variables.params.session_id === id}
            onClick={() => end.mutate({ params: { session_id: id } })}
          >
            Sign out
          </Button>
        ),
    },
  ]
  return (
    <Section
      title="Sessions"
      lead="Sign out what you do not recognize, then change the password."
      actions={
        <Button variant="default" onClick={() => ask(true)}>
          Sign out everywhere
        </Button>
      }
    >
      {end.error && <Said error={end.error} />}
      <List
        label="Sessions"
        read={sessions}
        columns={columns}
        keyOf={({ id }) => id}
        after={after}
        empty={<p className="muted">There are none.</p>}
      />
      <Confirm
        title="Sign out everywhere?"
        words="All of your sessions end, this one too. Keys go on working."
        action="Sign out everywhere"
        opened={isAsked}
        onClose={() => ask(false)}
        onConfirm={() => everywhere.mutate({ body: { everywhere: true } })}
        busy={everywhere.isPending}
        error={everywhere.error}
      />
    </Section>
  )
}
