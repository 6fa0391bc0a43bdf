import { useSearch } from '@tanstack/react-router'
import type { Item } from '../api/operations.ts'
import { useRead } from '../api/query.ts'
import { Act } from '../patterns/act.tsx'
import { adminCurl } from '../patterns/curl.ts'
import { Empty } from '../patterns/empty.tsx'
import { Icon } from '../patterns/icons.tsx'
import { List } from '../patterns/list.tsx'
import { useOpened } from '../patterns/opened.ts'
import { Page } from '../patterns/page.tsx'
import type { Column } from '../patterns/table.tsx'
import { Time } from '../patterns/time.tsx'
import { useDenied, useMay } from '../session/may.ts'
import { NewAdminKey } from './admin-keys/new-admin-key.tsx'
import { DeleteKey, KeyActions } from './api-keys/actions.tsx'
import { KeyName, short, statusOf } from './key-name.tsx'

type Key = Item<'GET /v1/organization/admin_api_keys'>

const idOf = ({ id }: Key) => id
const stopped = (key: Key) => ({ id: key.id, name: key.name ?? key.id, status: statusOf(key), projectId: null })

/** The keys that scripts change the organization with. */
export function AdminKeys() {
  const { after } = useSearch({ from: '/inside/admin-keys' })
  const { isOpen, open, close, rowOf } = useOpened<'new' | 'delete'>()
  const denied = useDenied()
  const reads = useMay('api.management.read')
  const keys = useRead('GET /v1/organization/admin_api_keys', { query: { after, limit: 100, order: 'desc' } }, reads)
  const button = (
    <Act denied={denied} leftSection={<Icon name="plus" />} onClick={() => open('new')}>
      New admin key
    </Act>
  )
  const leaving = rowOf('delete', keys.data?.data, idOf, denied)
  const columns: Column<Key>[] = [
    { title: 'Name', cell: (key) => <KeyName of={stopped(key)} /> },
    { title: 'Key', as: 'wide', cell: ({ redacted_value }) => <span className="mono">{short(redacted_value)}</span> },
    {
      title: 'Owner',
      as: 'wide',
      cell: ({ owner }) => (
        <span className="cut" title={owner.name}>
          {owner.name}
        </span>
      ),
    },
    { title: 'Expires', as: 'wide', cell: ({ expires_at }) => <Time at={expires_at} /> },
    { title: 'Last used', as: 'wide', cell: ({ last_used_at }) => <Time at={last_used_at} as="ago" /> },
    {
      title: 'Actions',
      as: 'end',
      cell: (key) => <KeyActions of={stopped(key)} denied={denied} onDelete={() => open('delete', key.id)} />,
    },
  ]
  return (
    <Page
      title="Admin keys"
      lead="Whoever has one may do in the organization what the key's owner may, with the same API as this console. It calls no models."
      actions={button}
    >
      {reads ? (
        <List
          label="Admin keys"
          read={keys}
          columns={columns}
          keyOf={idOf}
          after={after}
          empty={
            <Empty
              title="No admin keys"
              words="Scripts change the organization with a key of their own."
              action={button}
              command={adminCurl('organization/admin_api_keys', '{"name": "Deployment"}')}
            />
          }
        />
      ) : (
        <Empty title="Keys of scripts" words="Admin keys are shown to the owners of the organization." />
      )}
      {isOpen('new', denied) && <NewAdminKey onClose={close} />}
      {leaving && <DeleteKey of={stopped(leaving)} onClose={close} />}
    </Page>
  )
}
