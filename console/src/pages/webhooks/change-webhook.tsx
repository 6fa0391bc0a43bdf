import { useChange } from '../../api/query.ts'
import { told } from '../../patterns/told.ts'
import { organizationEvents } from './events.ts'
import { WebhookForm } from './webhook-form.tsx'

type ChangeWebhookProps = {
  endpoint: { id: string; name: string; url: string; event_types: string[] }
  onClose: () => void
}

/** Changes where an endpoint is, and what it is told of. */
export function ChangeWebhook({ endpoint: { id, name, url, event_types }, onClose }: ChangeWebhookProps) {
  const path = 'POST /v1/organization/webhook_endpoints/:webhook_endpoint_id'
  const { mutate, isPending, error } = useChange(path, (changed) => {
    told(`'${changed.name}' is changed`)
    onClose()
  })
  const was = { name, url, event_types: organizationEvents.filter((event) => event_types.includes(event)) }
  return (
    <WebhookForm
      {...{ title: 'Change webhook endpoint', action: 'Save', was, onClose, busy: isPending, error }}
      onSubmit={(body) => mutate({ params: { webhook_endpoint_id: id }, body })}
    />
  )
}
