import { Link } from '@tanstack/react-router'
import type { Item } from '../api/operations.ts'
import { useRead } from '../api/query.ts'
import { Act } from '../patterns/act.tsx'
import { adminCurl } from '../patterns/curl.ts'
import { Empty } from '../patterns/empty.tsx'
import { Icon } from '../patterns/icons.tsx'
import { List } from '../patterns/list.tsx'
import { seen } from '../patterns/names.ts'
import { useOpened } from '../patterns/opened.ts'
import { Page } from '../patterns/page.tsx'
import type { Column } from '../patterns/table.tsx'
import { Time } from '../patterns/time.tsx'
import { useDenied, useMay } from '../session/may.ts'
import { wordOf } from './webhooks/events.ts'
import { NewWebhook } from './webhooks/new-webhook.tsx'
import { State } from './webhooks/state.tsx'

/** An organization has twenty of them at most: one page of the list holds them all. */
const ALL = { query: { limit: 100 } }

type Endpoint = Item<'GET /v1/organization/webhook_endpoints'>

const columns: Column<Endpoint>[] = [
  {
    title: 'Name',
    cell: ({ id, name }) => (
      <Link className="cut" to="/webhooks/$webhookId" params={{ webhookId: id }} title={name}>
        {seen(name)}
      </Link>
    ),
  },
  // What stands behind the host may be a secret of the receiver's.
  { title: 'Receiver', as: 'wide', cell: ({ url }) => <span className="cut mono">{new URL(url).host}</span> },
  {
    title: 'Is told of',
    as: 'wide',
    cell: ({ event_types: [first = '', ...more] }) =>
      more.length === 0 ? wordOf(first) : `${wordOf(first)} and ${more.length} more`,
  },
  { title: 'State', cell: (endpoint) => <State of={endpoint} /> },
  { title: 'Added', as: 'wide', cell: ({ created_at }) => <Time at={created_at} /> },
]

/** Where the organization has others told of what happens in it. */
export function Webhooks() {
  const { isOpen, open, close } = useOpened<'new'>()
  const denied = useDenied()
  const reads = useMay('api.management.read')
  const endpoints = useRead('GET /v1/organization/webhook_endpoints', ALL, reads)
  const button = (
    <Act denied={denied} leftSection={<Icon name="plus" />} onClick={() => open('new')}>
      New endpoint
    </Act>
  )
  return (
    <Page
      title="Webhooks"
      lead="Programs of yours that are told of what happens in the organization. Projects have their own, which their keys make."
      actions={button}
    >
      {reads ? (
        <List
          label="Webhook endpoints"
          read={endpoints}
          columns={columns}
          keyOf={({ id }) => id}
          empty={
            <Empty
              title="No webhook endpoints yet"
              words="An endpoint is told of alerts, limits, keys that expire and the audit log, by a signed request that is tried again for three days."
              action={button}
              command={adminCurl(
                'organization/webhook_endpoints',
                '{"name": "Pager", "url": "https://hooks.example.com/gatehouse", "event_types": ["spend_alert.reached"]}',
              )}
            />
          }
        />
      ) : (
        <Empty title="Who is told" words="Webhook endpoints are shown to the owners of the organization." />
      )}
      {isOpen('new', denied) && <NewWebhook onClose={close} />}
    </Page>
  )
}
