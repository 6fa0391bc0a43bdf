import { useNavigate } from '@tanstack/react-router'
import type { Item } from '../../api/operations.ts'
import { useRead } from '../../api/query.ts'
import { Empty } from '../../patterns/empty.tsx'
import { List } from '../../patterns/list.tsx'
import { nameOf } from '../../patterns/names.ts'
import { useOpened } from '../../patterns/opened.ts'
import { RowActs, type RowDeed } from '../../patterns/row-acts.tsx'
import { Search } from '../../patterns/search.tsx'
import { type Column, Name } from '../../patterns/table.tsx'
import { Time } from '../../patterns/time.tsx'
import { useDenied, useMayAll } from '../../session/may.ts'
import { useMe } from '../../session/me.ts'
import { RolesSheet } from '../roles/roles-sheet.tsx'
import { PasswordLink } from './password-link.tsx'
import { RemoveUser } from './remove-user.tsx'
import { ResetFactor } from './reset-factor.tsx'
import { SessionsSheet } from './sessions-sheet.tsx'

type User = Item<'GET /v1/organization/users'>
type Deed = 'roles' | 'sessions' | 'password-link' | 'factor' | 'remove'

const OWN_PASSWORD = 'This is you. You change your password on the page of your profile.'
const ONESELF = 'This is you. Another owner of the organization can remove you.'

const idOf = ({ id }: User) => id
export const organizationRoles = { owner: 'Owner', reader: 'Reader' }

/** The users of the organization. */
export function UserTable({ after, name }: { after: string | undefined; name: string | undefined }) {
  const navigate = useNavigate()
  const { open, close, rowOf } = useOpened<Deed>()
  const where = { may: useMayAll() }
  const me = useMe().data
  const denied = useDenied()
  const users = useRead('GET /v1/organization/users', { query: { after, name, limit: 100 } })
  /** What can be done with somebody, and why not, where that is so. */
  const deeds: Record<Deed, { word: string; with?: 'of' | 'for'; denied: (user: User) => string | null }> = {
    roles: { word: 'Roles', with: 'of', denied: () => null },
    sessions: { word: 'Sessions', with: 'of', denied: () => denied },
    'password-link': {
      ...{ word: 'Password link', with: 'for' },
      denied: ({ id }) => denied ?? (id === me?.id ? OWN_PASSWORD : null),
    },
    factor: { word: 'Reset factor', denied: () => denied },
    remove: { word: 'Remove', denied: ({ id }) => denied ?? (id === me?.id ? ONESELF : null) },
  }
  const all = Object.entries(deeds) as [Deed, (typeof deeds)[Deed]][]
  const deedsOf = (user: User): RowDeed[] =>
    all.map(([deed, { word, with: before, denied }]) => ({
      word,
      of: `${before ? `${before} ` : ''}${nameOf(user)}`,
      denied: denied(user),
      onClick: () => open(deed, user.id),
    }))
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
    { title: 'Actions', as: 'end', cell: (user) => <RowActs of={nameOf(user)} deeds={deedsOf(user)} /> },
  ]
  /** Whom something is open of, where it may be done. */
  const the = (deed: Deed) => {
    const user = rowOf(deed, users.data?.data, idOf)
    return user && deeds[deed].denied(user) === null ? user : undefined
  }
  const [shown, signedIn, linked] = [the('roles'), the('sessions'), the('password-link')]
  const [locked, leaving] = [the('factor'), the('remove')]
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
        keyOf={idOf}
        after={after}
        empty={<Empty title="Nothing found" words={`Nobody has '${name ?? ''}' in their name or address.`} />}
      />
      {shown && (
        <RolesSheet
          holder={{ kind: 'user', id: shown.id, name: nameOf(shown) }}
          {...{ where, denied }}
          onClose={close}
        />
      )}
      {signedIn && <SessionsSheet userId={signedIn.id} name={nameOf(signedIn)} onClose={close} />}
      {linked && <PasswordLink user={linked} onClose={close} />}
      {locked && <ResetFactor user={locked} name={nameOf(locked)} onClose={close} />}
      {leaving && <RemoveUser user={leaving} name={nameOf(leaving)} onClose={close} />}
    </>
  )
}
