import { Button, Drawer } from '@mantine/core'
import { type FormEvent, type ReactNode, useEffect, useRef } from 'react'
import { Said } from './failure.tsx'

type SheetProps = {
  title: string
  opened: boolean
  onClose: () => void
  /** The word on the button that does it. */
  action: string
  onSubmit: () => void
  busy: boolean
  /** What the server said no to. What was typed stays. */
  error: Error | null
  children: ReactNode
}

/** A form beside the page that it belongs to. */
export function Sheet({ title, opened, onClose, action, onSubmit, busy, error, children }: SheetProps) {
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (!busy) onSubmit()
  }
  return (
    <Drawer opened={opened} onClose={onClose} title={title}>
      <form className="stack" onSubmit={submit}>
        {children}
        <Problem error={error} />
        <div className="row-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={busy}>
            {action}
          </Button>
        </div>
      </form>
    </Drawer>
  )
}

/** Brought into view where it is below what is seen. */
function Problem({ error }: { error: Error | null }) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (error) place.current?.scrollIntoView({ block: 'nearest' })
  }, [error])
  return <div ref={place}>{error && <Said error={error} />}</div>
}
