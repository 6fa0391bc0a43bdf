import { TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useState } from 'react'
import { Icon } from './icons.tsx'

type SearchProps = {
  label: string
  placeholder?: string
  /** Whether the label stands above it, among other fields. */
  isLabelled?: boolean
  /** What the address has. */
  value: string | undefined
  onSearch: (wanted: string | undefined) => void
}

/** Narrows a list to what one looks for, a moment after the last key. */
export function Search({ label, placeholder = 'Find by name', isLabelled = false, value, onSearch }: SearchProps) {
  const [typed, type] = useState(value ?? '')
  const search = useDebouncedCallback((text: string) => onSearch(text.trim() === '' ? undefined : text.trim()), 250)
  return (
    <TextInput
      size="xs"
      {...(isLabelled ? { label } : { 'aria-label': label })}
      placeholder={placeholder}
      leftSection={<Icon name="search" size={14} />}
      value={typed}
      maxLength={255}
      onChange={(event) => {
        type(event.currentTarget.value)
        search(event.currentTarget.value)
      }}
    />
  )
}
