import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import type { Item } from '../api/operations.ts'
import { useChange, useRead } from '../api/query.ts'
import { Act } from '../patterns/act.tsx'
import { adminCurl } from '../patterns/curl.ts'
import { Empty } from '../patterns/empty.tsx'
import { Icon } from '../patterns/icons.tsx'
import { List } from '../patterns/list.tsx'
import { NameSheet } from '../patterns/name-sheet.tsx'
import { seen } from '../patterns/names.ts'
import { useOpened } from '../patterns/opened.ts'
import { Page } from '../patterns/page.tsx'
import { Search } from '../patterns/search.tsx'
import type { Column } from '../patterns/table.tsx'
import { Time } from '../patterns/time.tsx'
import { told } from '../patterns/told.ts'
import { useDenied, useMay } from '../session/may.ts'

type Group = Item<'GET /v1/organization/groups'>

const columns: Column<Group>[] = [
  {
    title: 'Name',
    cell: ({ id, name }) => (
      <Link className="cut" to="/groups/$groupId" params={{ groupId: id }} title={name}>
        {seen(name)}
      </Link>
    ),
  },
  { title: 'ID', as: 'wide', cell: ({ id }) => <span className="mono">{id}</span> },
  { title: 'Created', as: 'wide', cell: ({ created_at }) => <Time at={created_at} /> },
]

/** The groups of the organization. */
export function Groups() {
  const { after, name } = useSearch({ from: '/inside/groups' })
  const navigate = useNavigate()
  const { isOpen, open, close } = useOpened<'new'>()
  const denied = useDenied('api.groups.write')
  const reads = useMay('api.groups.read')
  const groups = useRead('GET /v1/organization/groups', { query: { after, name, limit: 50 } }, reads)
  const button = (
    <Act denied={denied} leftSection={<Icon name="plus" />} onClick={() => open('new')}>
      New group
    </Act>
  )
  return (
    <Page
      title="Groups"
      lead="What is given to a group, in the organization or in a project, each of its members has."
      actions={button}
    >
      {reads ? (
        <>
          <div className="filters">
            <Search
              label="Find a group by its name"
              value={name}
              onSearch={(name) => void navigate({ to: '/groups', search: { name }, replace: true })}
            />
          </div>
          <List
            label="Groups"
            read={groups}
            columns={columns}
            keyOf={({ id }) => id}
            after={after}
            empty={
              name !== undefined ? (
                <Empty title="Nothing found" words={`No group has '${name}' in its name.`} />
              ) : (
                <Empty
                  title="No groups yet"
                  words="With a group a team gets its roles at once, and whoever leaves it loses them."
                  action={button}
                  command={adminCurl('organization/groups', '{"name": "My team"}')}
                />
              )
            }
          />
        </>
      ) : (
        <Empty title="Groups" words="You may not see the groups of the organization. Its owners can change that." />
      )}
      {isOpen('new', denied) && <NewGroup onClose={close} />}
    </Page>
  )
}

function NewGroup({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate()
  const { mutate, isPending, error } = useChange('POST /v1/organization/groups', ({ id, name }) => {
    told(`Group '${name}' is there`)
    void navigate({ to: '/groups/$groupId', params: { groupId: id }, replace: true })
  })
  return (
    <NameSheet
      {...{ title: 'New group', action: 'Create group', onClose, busy: isPending, error }}
      onSubmit={(name) => mutate({ body: { name } })}
    />
  )
}
