import { useState } from 'react'
import { useChange } from '../../api/query.ts'
import { ShownSecret } from './shown-secret.tsx'
import { WebhookForm } from './webhook-form.tsx'

const NONE = { name: '', url: '', event_types: [] }

/** Makes an endpoint, and shows its secret this once. */
export function NewWebhook({ onClose }: { onClose: () => void }) {
  const [secret, keep] = useState<string | null>(null)
  const { mutate, isPending, error } = useChange('POST /v1/organization/webhook_endpoints', (made) =>
    keep(made.signing_secret),
  )
  if (secret !== null) return <ShownSecret {...{ secret, onClose }} />
  return (
    <WebhookForm
      {...{ title: 'New webhook endpoint', action: 'Create endpoint', was: NONE, onClose, busy: isPending, error }}
      onSubmit={(body) => mutate({ body })}
    />
  )
}
