import { Button, Textarea } from '@mantine/core'
import { useRef, useState } from 'react'
import { Act } from '../../patterns/act.tsx'

type ComposerProps = {
  /** Why no call can be made; null: one can. */
  denied: string | null
  isRunning: boolean
  onSend: (text: string) => void
  onStop: () => void
}

/** Where one writes what is asked. */
export function Composer({ denied, isRunning, onSend, onStop }: ComposerProps) {
  const [text, type] = useState('')
  const field = useRef<HTMLTextAreaElement>(null)
  const why = denied ?? (text.trim() === '' ? 'Write a message first.' : null)
  const send = () => {
    if (why !== null || isRunning) return
    onSend(text)
    type('')
    // The button that was pressed is another one now.
    field.current?.focus()
  }
  return (
    <div className="composer">
      <Textarea
        ref={field}
        aria-label="Message"
        placeholder="Ask something"
        rows={3}
        value={text}
        onChange={(event) => type(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !(event.metaKey || event.ctrlKey)) return
          event.preventDefault()
          send()
        }}
      />
      <div className="row-end">
        <span className="play-hint">Ctrl or ⌘ and Enter sends</span>
        {isRunning ? (
          <Button color="red" variant="outline" onClick={onStop}>
            Stop
          </Button>
        ) : (
          <Act denied={why} onClick={send}>
            Send
          </Act>
        )}
      </div>
    </div>
  )
}
