import { Button, Modal } from '@mantine/core'
import { useSyncExternalStore } from 'react'

let isCovered = false
const listeners = new Set<() => void>()
const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}

/** Covers the page, what was typed on it too, or shows it again. @returns whether that changes anything */
export function cover(wanted: boolean): boolean {
  const isChange = wanted !== isCovered
  isCovered = wanted
  for (const listener of listeners) listener()
  return isChange
}

/** The session has ended while something was typed, which would be lost with its page: one signs in in another tab, and goes on. */
export function Over({ leave }: { leave: () => void }) {
  const opened = useSyncExternalStore(subscribe, () => isCovered)
  return (
    <Modal
      title="Your session has ended"
      zIndex={1000}
      overlayProps={{ backgroundOpacity: 1, color: 'var(--side)' }}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      {...{ opened, onClose: leave }}
    >
      <div className="stack">
        <p>What you typed is still here. Sign in in a new tab, then go on in this one.</p>
        <div className="row-end">
          <Button variant="default" onClick={leave}>
            Leave it and sign in here
          </Button>
          <Button component="a" href="/sign-in" target="_blank" rel="noopener" data-autofocus>
            Sign in in a new tab
          </Button>
        </div>
      </div>
    </Modal>
  )
}
