import { TextInput } from '@mantine/core'
import { useState } from 'react'
import { Sheet } from './sheet.tsx'

type NameSheetProps = {
  title: string
  action: string
  description?: string
  /** The name that it has, or that is offered. */
  name?: string
  onClose: () => void
  onSubmit: (name: string) => void
  busy: boolean
  error: Error | null
}

/** Asks what something is called. */
export function NameSheet({ description, name = '', onSubmit, ...sheet }: NameSheetProps) {
  const [typed, type] = useState(name)
  return (
    <Sheet {...sheet} opened onSubmit={() => onSubmit(typed)}>
      <TextInput
        label="Name"
        description={description}
        value={typed}
        onChange={(event) => type(event.currentTarget.value)}
        maxLength={255}
        required
        data-autofocus
        autoComplete="off"
      />
    </Sheet>
  )
}
