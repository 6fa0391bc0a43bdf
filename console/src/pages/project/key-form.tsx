import { TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { Sheet } from '../../patterns/sheet.tsx'
import { Lifetime } from './lifetime.tsx'
import { type FirstCalls, ShownKey } from './shown-key.tsx'

type KeyFormProps = {
  title: string
  action: string
  /** What the name is of. */
  description: string
  /** The name that is offered. */
  offered?: string
  /** The key that was made; null: none yet. */
  secret: string | null
  /** What one begins with. */
  calls: FirstCalls
  onClose: () => void
  onSubmit: (body: { name: string; expires_in_seconds?: number }) => void
  busy: boolean
  error: Error | null
  /** What else it asks. */
  children?: ReactNode
}

/** Asks what a new key is called and how long it lives, and then shows it this once. */
export function KeyForm({ description, offered = '', secret, calls, onSubmit, children, ...sheet }: KeyFormProps) {
  const [name, type] = useState(offered)
  const [lifetime, choose] = useState('')
  if (secret !== null) return <ShownKey secret={secret} calls={calls} onClose={sheet.onClose} />
  return (
    <Sheet
      {...sheet}
      opened
      onSubmit={() => onSubmit({ name, ...(lifetime !== '' && { expires_in_seconds: Number(lifetime) }) })}
    >
      <TextInput
        label="Name"
        description={description}
        value={name}
        onChange={(event) => type(event.currentTarget.value)}
        maxLength={255}
        required
        data-autofocus
        autoComplete="off"
      />
      <Lifetime value={lifetime} onChange={choose} />
      {children}
    </Sheet>
  )
}
