import type { ReactNode } from 'react'
import { Act } from './act.tsx'
import { Confirm } from './confirm.tsx'
import { useOpened } from './opened.ts'

type DangerProps = {
  /** What is done, in few words: `Delete group`. */
  action: string
  /** The same of this one: `Delete this group`. */
  title: string
  /** What it means. */
  words: ReactNode
  /** What will be gone, when it is asked once more. */
  loss: ReactNode
  /** What has to be typed. */
  name: string
  denied: string | null
  onConfirm: () => void
  change: { isPending: boolean; isSuccess: boolean; error: Error | null }
}

/** What a page's address says where its end is asked about. */
export type End = 'end'

/** The part of a page where what cannot be undone is done, once the name of what it is done to has been typed. */
export function Danger({ action, title, words, loss, name, denied, onConfirm, change }: DangerProps) {
  const { isOpen, open, close } = useOpened<End>()
  return (
    <>
      <div className="danger">
        <div>
          <h3>{title}</h3>
          <p>{words}</p>
        </div>
        <Act color="red" variant="outline" denied={denied} onClick={() => open('end')}>
          {action}…
        </Act>
      </div>
      <Confirm
        title={`${title}?`}
        words={loss}
        name={name}
        action={action}
        opened={isOpen('end', denied) && !change.isSuccess}
        onClose={close}
        onConfirm={onConfirm}
        busy={change.isPending}
        error={change.error}
      />
    </>
  )
}
