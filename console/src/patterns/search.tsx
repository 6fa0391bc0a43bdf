import { TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { useEffect, useRef, useState } from 'react'
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
  const asked = useRef(value)
  // The address has another word than was asked for here: it was cleared, or somebody came by a link.
  useEffect(() => {
    if (value === asked.current) return
    asked.current = value
    type(value ?? '')
  }, [value])
  const search = useDebouncedCallback((text: string) => {
    asked.current = text.trim() || undefined
    onSearch(asked.current)
  }, 250)
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
