import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { Item } from '../../api/operations.ts'
import { useChange, useRead } from '../../api/query.ts'
import { RowAct } from '../../patterns/act.tsx'
import { Confirm } from '../../patterns/confirm.tsx'
import { Empty } from '../../patterns/empty.tsx'
import { List } from '../../patterns/list.tsx'
import { Search } from '../../patterns/search.tsx'
import { type Column, Name } from '../../patterns/table.tsx'
import { Time } from '../../patterns/time.tsx'
import { told } from '../../patterns/told.ts'
import { useDenied, useMayAll } from '../../session/may.ts'
import { useMe } from '../../session/me.ts'
import { RolesSheet } from '../roles/roles-sheet.tsx'
import { PasswordLink } from './password-link.tsx'
import { ResetFactor } from './reset-factor.tsx'
import { SessionsSheet } from './sessions-sheet.tsx'

type User = Item<'GET /v1/organization/users'>

const OWN_PASSWORD = 'This is you. You change your password on the page of your profile.'
const ONESELF = 'This is you. Another owner of the organization can remove you.'

const nameOf = ({ name, email, id }: User) => name || email || id
export const organizationRoles = { owner: 'Owner', reader: 'Reader' }

/** The users of the organization. */
export function UserTable({ after, name }: { after: string | undefined; name: string | undefined }) {
  const navigate = useNavigate()
  const [leaving, remove] = useState<User | null>(null)
  const [locked, reset] = useState<User | null>(null)
  const [shown, show] = useState<User | null>(null)
  const where = { may: useMayAll() }
  const [linked, link] = useState<User | null>(null)
  const [signedIn, list] = useState<User | null>(null)
  const me = useMe().data
  const denied = useDenied()
  const users = useRead('GET /v1/organization/users', { query: { after, name, limit: 100 } })
  const columns: Column<User>[] = [
    { title: 'Name', cell: (user) => <Name>{nameOf(user)}</Name> },
    {
      title: 'Address',
      as: 'wide',
      cell: ({ email }) => (
        <span className="cut muted" title={email ?? ''}>
          {email}
        </span>
      ),
    },
    {
      title: 'Role',
      cell: ({ role }) => (role === null ? <span className="muted">None</span> : organizationRoles[role]),
    },
    { title: 'Key last used', as: 'wide', cell: (user) => <Time at={user.api_key_last_used_at} as="ago" /> },
    { title: 'Added', as: 'wide', cell: ({ added_at }) => <Time at={added_at} /> },
    {
      title: 'Actions',
      as: 'end',
      cell: (user) => (
        <>
          <RowAct word="Roles" of={`of ${nameOf(user)}`} onClick={() => show(user)} />
          <RowAct denied={denied} word="Sessions" of={`of ${nameOf(user)}`} onClick={() => list(user)} />
          <RowAct
            denied={denied ?? (user.id === me?.id ? OWN_PASSWORD : null)}
            word="Password link"
            of={`for ${nameOf(user)}`}
            onClick={() => link(user)}
          />
          <RowAct denied={denied} word="Reset factor" of={nameOf(user)} onClick={() => reset(user)} />
          <RowAct
            denied={denied ?? (user.id === me?.id ? ONESELF : null)}
            word="Remove"
            of={nameOf(user)}
            onClick={() => remove(user)}
          />
        </>
      ),
    },
  ]
  return (
    <>
      <div className="filters">
        <Search
          label="Find a person"
          placeholder="Find by name or address"
          value={name}
          onSearch={(name) => void navigate({ to: '/people', search: { name }, replace: true })}
        />
      </div>
      <List
        label="Users"
        read={users}
        columns={columns}
        keyOf={({ id }) => id}
        after={after}
        empty={<Empty title="Nothing found" words={`Nobody has '${name ?? ''}' in their name or address.`} />}
      />
      {signedIn && <SessionsSheet userId={signedIn.id} name={nameOf(signedIn)} onClose={() => list(null)} />}
      {linked && <PasswordLink user={linked} onClose={() => link(null)} />}
      {locked && <ResetFactor user={locked} name={nameOf(locked)} onClose={() => reset(null)} />}
      {shown && (
        <RolesSheet
          holder={{ kind: 'user', id: shown.id, name: nameOf(shown) }}
          {...{ where, denied }}
          onClose={() => show(null)}
        />
      )}
      {leaving && <RemoveUser user={leaving} onClose={() => remove(null)} />}
    </>
  )
}

function RemoveUser({ user, onClose }: { user: User; onClose: () => void }) {
  const { mutate, isPending, error } = useChange('DELETE /v1/organization/users/:user_id', () => {
    told(`${nameOf(user)} is not in the organization any more`)
    onClose()
  })
  return (
    <Confirm
      title="Remove from the organization?"
      words={
        <>
          <b>{nameOf(user)}</b> leaves the organization and all of its projects, and every key of theirs stops working.
        </>
      }
      name={user.email ?? nameOf(user)}
      action="Remove"
      opened
      onClose={onClose}
      onConfirm={() => mutate({ params: { user_id: user.id } })}
      busy={isPending}
      error={error}
    />
  )
}
