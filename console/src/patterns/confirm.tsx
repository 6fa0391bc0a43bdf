import { Button, Modal, TextInput } from '@mantine/core'
import { type FormEvent, type ReactNode, useState } from 'react'
import { Said } from './failure.tsx'
import { plain } from './names.ts'

type ConfirmProps = {
  title: string
  /** What will be gone. */
  words: ReactNode
  /** What has to be typed before it can be done; without one a second click is enough. */
  name?: string
  action: string
  opened: boolean
  onClose: () => void
  onConfirm: () => void
  busy: boolean
  error: Error | null
}

/** Asks before something is done that cannot be undone. */
export const Confirm = ({ title, opened, ...asked }: ConfirmProps) => (
  <Modal opened={opened} onClose={asked.onClose} title={title}>
    <Asked {...asked} />
  </Modal>
)

/** It is gone with the dialog: what was typed, and what was refused then, is not there when it is asked again. */
function Asked({ words, name, action, onClose, onConfirm, busy, error }: Omit<ConfirmProps, 'title' | 'opened'>) {
  const [before] = useState(error)
  const [typed, type] = useState('')
  const wanted = plain(name ?? '')
  const isRight = plain(typed) === wanted
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isRight && !busy) onConfirm()
  }
  return (
    <form className="stack" onSubmit={submit}>
      <div>{words}</div>
      {wanted !== '' && (
        <TextInput
          label={
            <>
              Type <b className="typed">{wanted}</b> to confirm
            </>
          }
          value={typed}
          onChange={(event) => type(event.currentTarget.value)}
          autoComplete="off"
          data-autofocus
        />
      )}
      {error && error !== before && <Said error={error} />}
      <div className="row-end">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" color="red" disabled={!isRight} loading={busy}>
          {action}
        </Button>
      </div>
    </form>
  )
}
