import { Button } from '@mantine/core'
import { useState } from 'react'
import { Icon } from './icons.tsx'

/**
 * Copies a text. Browsers have a clipboard for pages of a secure origin alone; elsewhere the text is marked, so that one key copies it.
 * @returns whether it was copied
 */
async function copied(text: string, shown: HTMLElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    if (shown) getSelection()?.selectAllChildren(shown)
    return false
  }
}

/** @param find the element that shows the text */
function CopyButton({ text, find }: { text: string; find: () => HTMLElement | null }) {
  const [said, say] = useState<'Copy' | 'Copied' | 'Press Ctrl+C'>('Copy')
  const copy = async () => {
    say((await copied(text, find())) ? 'Copied' : 'Press Ctrl+C')
    setTimeout(() => say('Copy'), 2500)
  }
  return (
    <Button
      variant="default"
      size="compact-xs"
      leftSection={<Icon name={said === 'Copied' ? 'check' : 'copy'} size={13} />}
      onClick={copy}
    >
      <span aria-live="polite">{said}</span>
    </Button>
  )
}

/** A text to be taken along: a secret, a link, a command that works as it stands. */
export function Command({ text, label }: { text: string; label: string }) {
  const [shown, show] = useState<HTMLElement | null>(null)
  return (
    <div className="command">
      {/* biome-ignore lint/a11y/useSemanticElements: a text to be read and marked, of several lines and not to be typed into */}
      <div className="text" ref={show} role="textbox" aria-readonly aria-multiline aria-label={label} tabIndex={0}>
        {text}
      </div>
      <CopyButton text={text} find={() => shown} />
    </div>
  )
}
