import { Button, type ButtonProps, Tooltip } from '@mantine/core'
import type { ReactNode } from 'react'

type ActProps = Pick<ButtonProps, 'variant' | 'color' | 'size' | 'leftSection'> & {
  /** Why it cannot be done, and who could; null: it can. */
  denied: string | null
  onClick: () => void
  children: ReactNode
}

/** A button for what not everybody may do. Where one may not it says why, to the keyboard too. */
export function Act({ denied, onClick, children, ...looks }: ActProps) {
  if (denied === null) {
    return (
      <Button {...looks} onClick={onClick}>
        {children}
      </Button>
    )
  }
  return (
    <Tooltip label={denied} multiline maw={280} events={{ hover: true, focus: true, touch: true }}>
      <Button {...looks} data-disabled aria-disabled onClick={(event) => event.preventDefault()}>
        {children}
        <span className="hidden">: {denied}</span>
      </Button>
    </Tooltip>
  )
}

type RowActProps = {
  denied?: string | null
  word: string
  /** Which row it is, for who cannot see where the button stands. */
  of: string
  onClick: () => void
}

/** What can be done with a row, at its end. */
export const RowAct = ({ denied = null, word, of, onClick }: RowActProps) => (
  <Act variant="subtle" color="gray" size="compact-xs" denied={denied} onClick={onClick}>
    {word}
    <span className="hidden"> {of}</span>
  </Act>
)
