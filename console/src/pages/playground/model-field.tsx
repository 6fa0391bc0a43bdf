import { Autocomplete } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Said } from '../../patterns/failure.tsx'
import { modelsOf } from './gate.ts'
import type { Held } from './key.ts'

/** Names that are offered at once: more are found by typing. */
const OFFERED = 50

type ModelFieldProps = { held: Held | null; value: string; onChoose: (model: string) => void }

/** A model: one of those that the key may call, or, since not every model server has a list, whatever it is called. */
export function ModelField({ held, value, onChoose }: ModelFieldProps) {
  const [typed, type] = useState(value)
  const { data, error } = useQuery({
    // By the key's place in time and not by the key, of which this list would keep a copy.
    queryKey: ['models of a key', held?.since],
    queryFn: ({ signal }) => modelsOf(held?.secret ?? '', signal),
    enabled: held !== null,
    gcTime: 0,
  })
  return (
    <>
      <Autocomplete
        size="xs"
        label="Model"
        placeholder={held === null ? 'A key says which there are' : 'Choose a model'}
        value={typed}
        onChange={type}
        onOptionSubmit={onChoose}
        onBlur={() => typed.trim() !== value && onChoose(typed.trim())}
        data={data ?? []}
        limit={OFFERED}
        maxLength={200}
      />
      {held !== null && error && <Said error={error} />}
    </>
  )
}
