import { Button, Drawer } from '@mantine/core'
import type { ReactNode } from 'react'
import { Command } from '../../patterns/command.tsx'
import { Sheet } from '../../patterns/sheet.tsx'

type LinkSheetProps = {
  title: string
  /** To whom it is to be given, and what it does. */
  children: ReactNode
  /** What whoever has the link can do. */
  warning: string
  /** Behind this server's address; null: it is not made yet. */
  path: string | null
  onMake: () => void
  onClose: () => void
  busy: boolean
  error: Error | null
}

/** A link that is made, shown once, and sent by whoever made it: this server sends no mail for it. */
export function LinkSheet({ title, children, warning, path, onMake, onClose, busy, error }: LinkSheetProps) {
  if (path === null) {
    return (
      <Sheet {...{ title, opened: true, onClose, action: 'Make link', busy, error }} onSubmit={onMake}>
        {children}
      </Sheet>
    )
  }
  return (
    <Drawer opened onClose={onClose} title={title} closeOnClickOutside={false}>
      <div className="stack">
        <p className="notice warn">Copy it now: it is not shown again. {warning}</p>
        <Command label="The link" text={location.origin + path} />
        <div className="row-end">
          <Button onClick={onClose}>Done</Button>
        </div>
      </div>
    </Drawer>
  )
}
