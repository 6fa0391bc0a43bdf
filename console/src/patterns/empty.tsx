import type { ReactNode } from 'react'
import { Command } from './command.tsx'

type EmptyProps = {
  title: string
  words: ReactNode
  action?: ReactNode
  /** What does the same from a shell. */
  command?: string
}

/** In the place of a list of nothing: what would stand there, and how the first one is made. */
export function Empty({ title, words, action, command }: EmptyProps) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      <p>{words}</p>
      {action}
      {command && <Command label={`${title}: the same from a shell`} text={command} />}
    </div>
  )
}
