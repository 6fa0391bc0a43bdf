import { Checkbox } from '@mantine/core'
import { useState } from 'react'
import { useChange } from '../../api/query.ts'
import { Sheet } from '../../patterns/sheet.tsx'
import { ShownSecret } from './shown-secret.tsx'

type RotateSecretProps = { endpoint: { id: string; name: string }; onClose: () => void }

/** Gives an endpoint a new secret, and shows it this once. */
export function RotateSecret({ endpoint: { id, name }, onClose }: RotateSecretProps) {
  const [secret, keep] = useState<string | null>(null)
  const [keepsOld, keepOld] = useState(true)
  const path = 'POST /v1/organization/webhook_endpoints/:webhook_endpoint_id/rotate_secret'
  const { mutate, isPending, error } = useChange(path, (rotated) => keep(rotated.signing_secret))
  if (secret !== null) return <ShownSecret {...{ secret, onClose }} />
  const body = { keep_old_secret_active_for_24_hours: keepsOld }
  return (
    <Sheet
      {...{ title: 'Rotate signing secret', opened: true, onClose, action: 'Rotate secret', busy: isPending, error }}
      onSubmit={() => mutate({ params: { webhook_endpoint_id: id }, body })}
    >
      <p>
        Requests to <b className="typed">{name}</b> are signed with a new secret from then on.
      </p>
      <Checkbox
        label="Sign with the old secret too for 24 hours"
        description="So that nothing is lost until the receiver has the new one. Not where somebody else knows the old one."
        checked={keepsOld}
        onChange={(event) => keepOld(event.currentTarget.checked)}
      />
    </Sheet>
  )
}
