import { NativeSelect } from '@mantine/core'
import { useState } from 'react'
import { useChange } from '../../api/query.ts'
import { Sheet } from '../../patterns/sheet.tsx'
import { told } from '../../patterns/told.ts'
import { type OrganizationEvent, organizationEvents, words } from './events.ts'

type SendTestProps = { endpoint: { id: string; name: string; event_types: string[] }; onClose: () => void }

/** Sends an endpoint a sample of an event, which is delivered as any other. */
export function SendTest({ endpoint: { id, name, event_types }, onClose }: SendTestProps) {
  const [event_type, choose] = useState<OrganizationEvent>(
    organizationEvents.find((event) => event_types.includes(event)) ?? organizationEvents[0],
  )
  const path = 'POST /v1/organization/webhook_endpoints/:webhook_endpoint_id/test'
  const { mutate, isPending, error } = useChange(path, () => {
    told(`A test is on its way to '${name}'`)
    onClose()
  })
  return (
    <Sheet
      {...{ title: 'Send a test', opened: true, onClose, action: 'Send test', busy: isPending, error }}
      onSubmit={() => mutate({ params: { webhook_endpoint_id: id }, body: { event_type } })}
    >
      <p>
        <b className="typed">{name}</b> is sent a sample, signed as all is that it is told. It has arrived when it does
        not stand among the deliveries any more.
      </p>
      <NativeSelect
        label="Event"
        value={event_type}
        onChange={(event) => choose(event.currentTarget.value as OrganizationEvent)}
        data={organizationEvents.map((value) => ({ value, label: words[value] }))}
      />
    </Sheet>
  )
}
