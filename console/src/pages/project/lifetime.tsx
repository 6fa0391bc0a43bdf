import { NativeSelect } from '@mantine/core'

const lifetimes = [
  { value: '', label: 'Never' },
  { value: '604800', label: 'In 7 days' },
  { value: '2592000', label: 'In 30 days' },
  { value: '7776000', label: 'In 90 days' },
  { value: '31536000', label: 'In a year' },
]

type LifetimeProps = {
  /** In seconds; empty: for ever. */
  value: string
  onChange: (value: string) => void
}

/** How long a key lives. */
export const Lifetime = ({ value, onChange }: LifetimeProps) => (
  <NativeSelect
    label="Expires"
    value={value}
    onChange={(event) => onChange(event.currentTarget.value)}
    data={lifetimes}
  />
)
