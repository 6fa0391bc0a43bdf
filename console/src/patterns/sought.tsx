import { Select, type SelectProps } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useState } from 'react'
import { seen, straight } from './names.ts'

/** What is looked for by its name, a moment after the last key; undefined: nothing was typed. */
export function useSought(): [name: string | undefined, type: (text: string) => void] {
  const [typed, type] = useState('')
  const [name] = useDebouncedValue(typed, 250)
  return [name || undefined, type]
}

type SoughtProps = Omit<SelectProps, 'data' | 'filter' | 'searchable' | 'multiple'> & {
  /** Names by their ids: what the server has found, and what is chosen. */
  found: Iterable<[id: string, name: string]>
}

/** One of many that are found by what is typed: there may be more of them than a list can show. The server has sifted them already. */
export const Sought = ({ found, ...looks }: SoughtProps) => (
  <Select
    {...looks}
    searchable
    filter={({ options }) => options}
    data={[...found].map(([value, name]) => ({ value, label: straight(seen(name)) }))}
  />
)
