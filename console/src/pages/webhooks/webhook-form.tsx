import { Checkbox, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Sheet } from '../../patterns/sheet.tsx'
import { type OrganizationEvent, organizationEvents, words } from './events.ts'

export type WebhookFields = { name: string; url: string; event_types: OrganizationEvent[] }

type WebhookFormProps = {
  title: string
  action: string
  /** As it is, or as it is offered. */
  was: WebhookFields
  onClose: () => void
  onSubmit: (fields: WebhookFields) => void
  busy: boolean
  error: Error | null
}

/** Asks what an endpoint is called, where it is and what it is told of. */
export function WebhookForm({ was, onSubmit, ...sheet }: WebhookFormProps) {
  const [name, type] = useState(was.name)
  const [url, lead] = useState(was.url)
  const [told, tick] = useState<string[]>(was.event_types)
  const [isAsked, ask] = useState(false)
  const event_types = organizationEvents.filter((event) => told.includes(event))
  const submit = () => {
    ask(true)
    if (event_types.length > 0) onSubmit({ name, url, event_types })
  }
  return (
    <Sheet {...sheet} opened onSubmit={submit}>
      <TextInput
        label="Name"
        description="What people call it."
        value={name}
        onChange={(event) => type(event.currentTarget.value)}
        maxLength={255}
        required
        data-autofocus
        autoComplete="off"
      />
      <TextInput
        label="URL"
        description="Where its requests go: by https, to a public address or one that the server's operator allows."
        placeholder="https://"
        value={url}
        onChange={(event) => lead(event.currentTarget.value)}
        maxLength={2048}
        classNames={{ input: 'mono' }}
        spellCheck={false}
        required
        autoComplete="off"
      />
      <Checkbox.Group
        label="It is told of"
        value={told}
        onChange={tick}
        error={isAsked && event_types.length === 0 && 'Tick at least one: it would hear of nothing.'}
      >
        <div className="stack tight">
          {organizationEvents.map((event) => (
            <Checkbox key={event} size="xs" value={event} label={words[event]} />
          ))}
        </div>
      </Checkbox.Group>
    </Sheet>
  )
}
