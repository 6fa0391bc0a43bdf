import { Button, Modal, TextInput } from '@mantine/core'
import { type FormEvent, type ReactNode, useState } from 'react'
import { Said } from './failure.tsx'
import { plain } from './names.ts'

type AskProps = {
  title: string
  /** What becomes of it. */
  words: ReactNode
  action: string
  opened: boolean
  onClose: () => void
  onConfirm: () => void
  busy: boolean
  error: Error | null
}
type ConfirmProps = AskProps & {
  /** What it is done to: that has to be typed. */
  name: string
}

/** Asks before something is deleted, or taken from somebody: its name is typed, so that nobody does it to another one. */
export const Confirm = ({ title, opened, ...asked }: ConfirmProps) => (
  <Modal opened={opened} onClose={asked.onClose} title={title}>
    <Asked {...asked} color="red" />
  </Modal>
)

/** Asks before something that the same place undoes. */
export const Ask = ({ title, opened, ...asked }: AskProps) => (
  <Modal opened={opened} onClose={asked.onClose} title={title}>
    <Asked {...asked} name="" color="indigo" />
  </Modal>
)

type AskedProps = Omit<ConfirmProps, 'title' | 'opened'> & { color: string }

/** It is gone with the dialog: what was typed, and what was refused then, is not there when it is asked again. */
function Asked({ words, name, action, color, onClose, onConfirm, busy, error }: AskedProps) {
  const [before] = useState(error)
  const [typed, type] = useState('')
  const wanted = plain(name)
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
        <Button type="submit" color={color} disabled={!isRight} loading={busy}>
          {action}
        </Button>
      </div>
    </form>
  )
}
