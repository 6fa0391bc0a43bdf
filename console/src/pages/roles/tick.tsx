import { Checkbox, Tooltip } from '@mantine/core'

type TickProps = {
  word: string
  /** What it is ticked of, for who cannot see where it stands. */
  of: string
  isTicked: boolean
  /** Why it cannot be ticked; null: it can. */
  denied: string | null
  onTick: () => void
}

/** A permission in a role. Where one may not hand it out it says why, to the keyboard too. */
export function Tick({ word, of, isTicked, denied, onTick }: TickProps) {
  const label = (
    <>
      {word}
      <span className="hidden">
        {' '}
        {of}
        {denied !== null && `: ${denied}`}
      </span>
    </>
  )
  const box = (
    <Checkbox
      size="xs"
      label={label}
      checked={isTicked}
      onChange={() => denied === null && onTick()}
      {...(denied !== null && { 'aria-disabled': true, className: 'denied' })}
    />
  )
  if (denied === null) return box
  return (
    <Tooltip label={denied} refProp="rootRef" multiline maw={280} events={{ hover: true, focus: true, touch: true }}>
      {box}
    </Tooltip>
  )
}
