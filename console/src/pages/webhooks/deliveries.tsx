import { useSearch } from '@tanstack/react-router'
import type { Item } from '../../api/operations.ts'
import { useRead } from '../../api/query.ts'
import { Empty } from '../../patterns/empty.tsx'
import { List } from '../../patterns/list.tsx'
import { Section } from '../../patterns/page.tsx'
import type { Column } from '../../patterns/table.tsx'
import { Time } from '../../patterns/time.tsx'
import { wordOf } from './events.ts'

type Delivery = Item<'GET /v1/organization/webhook_endpoints/:webhook_endpoint_id/deliveries'>

/** Milliseconds between two looks at what is on its way. */
const LIVE_MS = 5000

const columns: Column<Delivery>[] = [
  { title: 'Event', cell: ({ event_type }) => <span className="cut">{wordOf(event_type)}</span> },
  {
    title: 'State',
    cell: ({ status, attempts }) =>
      status === 'failed' ? (
        <span className="badge bad">Given up</span>
      ) : (
        <span className="badge warn">{attempts === 0 ? 'On its way' : 'Is tried again'}</span>
      ),
  },
  { title: 'Happened', as: 'wide', cell: ({ created_at }) => <Time at={created_at} as="minute" /> },
  { title: 'Attempts', as: 'wide number', cell: ({ attempts }) => attempts },
  {
    title: 'Next attempt',
    as: 'wide',
    cell: ({ next_attempt_at }) => <Time at={next_attempt_at} as="minute" never="None" />,
  },
]

/** What of an endpoint waits or was given up. What has arrived is not kept. */
export function Deliveries({ id }: { id: string }) {
  const { after } = useSearch({ from: '/inside/webhooks/$webhookId' })
  const input = { params: { webhook_endpoint_id: id }, query: { after, limit: 50 } }
  const path = 'GET /v1/organization/webhook_endpoints/:webhook_endpoint_id/deliveries'
  const deliveries = useRead(path, input, true, LIVE_MS)
  return (
    <Section
      title="Deliveries"
      lead="What waits for this endpoint, and what it did not take in three days, which is kept for thirty."
    >
      <List
        label="Deliveries"
        read={deliveries}
        columns={columns}
        keyOf={(one) => one.id}
        after={after}
        detail={(one) => <Attempt of={one} />}
        empty={<Empty title="Nothing waits" words="All that it was told has arrived." />}
      />
    </Section>
  )
}

const Attempt = ({ of: { id, event_id, error, last_attempt_at } }: { of: Delivery }) => (
  <dl className="facts">
    <dt>Last attempt</dt>
    <dd>
      <Time at={last_attempt_at} as="minute" never="None yet" />
    </dd>
    <dt>Why it did not arrive</dt>
    <dd>{error ?? <span className="muted">It was not tried yet.</span>}</dd>
    <dt>Event</dt>
    <dd className="mono">{event_id}</dd>
    <dt>Delivery (webhook-id)</dt>
    <dd className="mono">{id}</dd>
  </dl>
)
