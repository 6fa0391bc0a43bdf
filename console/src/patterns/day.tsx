import { TextInput } from '@mantine/core'

type DayProps = {
  label: string
  /** Seconds: where the day begins, or, of the last day of a stretch, where it is over; undefined: no day is chosen. */
  value: number | undefined
  isLast?: boolean
  onChange: (value: number | undefined) => void
}

/** A day in the viewer's own zone. */
export function Day({ label, value, isLast = false, onChange }: DayProps) {
  const shown = value === undefined ? '' : written(new Date((isLast ? value - 1 : value) * 1000))
  const choose = (text: string) => {
    const [year = 0, month = 1, day = 0] = text.split('-').map(Number)
    // A year that is being typed has fewer digits.
    if (text !== '' && year < 1970) return
    onChange(text === '' ? undefined : new Date(year, month - 1, isLast ? day + 1 : day).getTime() / 1000)
  }
  return (
    <TextInput
      type="date"
      size="xs"
      label={label}
      value={shown}
      onChange={(event) => choose(event.currentTarget.value)}
    />
  )
}

const written = (date: Date) =>
  [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, '0')).join('-')
