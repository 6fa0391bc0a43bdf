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
export function Confirm({ title, words, name, action, opened, onClose, onConfirm, busy, error }: ConfirmProps) {
  const [typed, type] = useState('')
  const wanted = plain(name ?? '')
  const isRight = plain(typed) === wanted
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isRight && !busy) onConfirm()
  }
  return (
    <Modal opened={opened} onClose={onClose} title={title}>
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
        {error && <Said error={error} />}
        <div className="row-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" color="red" disabled={!isRight} loading={busy}>
            {action}
          </Button>
        </div>
      </form>
    </Modal>
  )
}

/** The part of a page where what cannot be undone is done. */
export function Danger({ title, words, action }: { title: string; words: ReactNode; action: ReactNode }) {
  return (
    <div className="danger">
      <div>
        <h3>{title}</h3>
        <p>{words}</p>
      </div>
      {action}
    </div>
  )
}
