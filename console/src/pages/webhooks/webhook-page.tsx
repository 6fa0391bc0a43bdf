import { Link, useNavigate, useParams } from '@tanstack/react-router'
import type { Item } from '../../api/operations.ts'
import { useChange, useRead } from '../../api/query.ts'
import { Act } from '../../patterns/act.tsx'
import { Danger } from '../../patterns/danger.tsx'
import { Failure } from '../../patterns/failure.tsx'
import { useOpened } from '../../patterns/opened.ts'
import { Page, Section } from '../../patterns/page.tsx'
import { Time } from '../../patterns/time.tsx'
import { told } from '../../patterns/told.ts'
import { useDenied } from '../../session/may.ts'
import { ChangeWebhook } from './change-webhook.tsx'
import { Deliveries } from './deliveries.tsx'
import { wordOf } from './events.ts'
import { RotateSecret } from './rotate-secret.tsx'
import { SendTest } from './send-test.tsx'
import { State } from './state.tsx'

type Endpoint = Item<'GET /v1/organization/webhook_endpoints'>

/** An endpoint: where it is, what it is told of, what did not reach it, and its end. */
export function WebhookPage() {
  const { webhookId } = useParams({ from: '/inside/webhooks/$webhookId' })
  const { isOpen, open, close } = useOpened<'change' | 'rotate' | 'test'>()
  const denied = useDenied()
  const params = { webhook_endpoint_id: webhookId }
  const read = useRead('GET /v1/organization/webhook_endpoints/:webhook_endpoint_id', { params })
  const endpoint = read.data
  return (
    <Page
      title={endpoint?.name ?? 'Webhook endpoint'}
      above={<Link to="/webhooks">Webhooks</Link>}
      actions={
        endpoint && (
          <>
            <Act variant="default" denied={denied} onClick={() => open('rotate')}>
              Rotate secret
            </Act>
            <Act variant="default" denied={denied} onClick={() => open('change')}>
              Change
            </Act>
            <Act denied={denied} onClick={() => open('test')}>
              Send test
            </Act>
          </>
        )
      }
    >
      {read.error && !endpoint ? (
        <Failure error={read.error} again={() => void read.refetch()} />
      ) : (
        <>
          <Facts endpoint={endpoint} id={webhookId} />
          <Deliveries id={webhookId} />
          {endpoint && <End endpoint={endpoint} denied={denied} />}
        </>
      )}
      {endpoint && isOpen('change', denied) && <ChangeWebhook {...{ endpoint, onClose: close }} />}
      {endpoint && isOpen('rotate', denied) && <RotateSecret {...{ endpoint, onClose: close }} />}
      {endpoint && isOpen('test', denied) && <SendTest {...{ endpoint, onClose: close }} />}
    </Page>
  )
}

function Facts({ endpoint, id }: { endpoint: Endpoint | undefined; id: string }) {
  const bone = <span className="bone" />
  return (
    <dl className="facts">
      <dt>State</dt>
      <dd>{endpoint ? <State of={endpoint} /> : bone}</dd>
      <dt>URL</dt>
      <dd className="mono">{endpoint?.url ?? bone}</dd>
      <dt>Is told of</dt>
      <dd>{endpoint ? endpoint.event_types.map(wordOf).join(', ') : bone}</dd>
      <dt>Signing secret</dt>
      <dd className="mono">{endpoint?.signing_secret_hint ?? bone}</dd>
      <dt>Added</dt>
      <dd>{endpoint ? <Time at={endpoint.created_at} as="minute" /> : bone}</dd>
      <dt>Endpoint ID</dt>
      <dd className="mono">{id}</dd>
    </dl>
  )
}

function End({ endpoint: { id, name }, denied }: { endpoint: Endpoint; denied: string | null }) {
  const navigate = useNavigate()
  const change = useChange('DELETE /v1/organization/webhook_endpoints/:webhook_endpoint_id', async () => {
    told(`Webhook endpoint '${name}' is deleted`)
    await navigate({ to: '/webhooks', replace: true })
  })
  return (
    <Section title="Danger zone">
      <Danger
        action="Delete endpoint"
        title="Delete this endpoint"
        words="It is told of nothing any more, and what waits for it is gone."
        loss="To have it again, somebody has to make it anew, with another secret."
        name={name}
        denied={denied}
        onConfirm={() => change.mutate({ params: { webhook_endpoint_id: id } })}
        change={change}
      />
    </Section>
  )
}
