import { Button, Drawer, SegmentedControl } from '@mantine/core'
import { useState } from 'react'
import { Command } from '../../patterns/command.tsx'

/** Programs that begin with a key, by their language. */
export type FirstCalls = Record<string, (key: string) => string>

type ShownKeyProps = { secret: string; calls: FirstCalls; onClose: () => void }

/** A new key, this once, and what one begins with. */
export function ShownKey({ secret, calls, onClose }: ShownKeyProps) {
  const [language, choose] = useState('curl')
  return (
    <Drawer opened onClose={onClose} title="Your new key" closeOnClickOutside={false}>
      <div className="stack">
        <p className="notice warn">Copy it now: it is not shown again, and nobody can read it here later.</p>
        <Command label="The key" text={secret} />
        <SegmentedControl
          size="xs"
          aria-label="Language"
          value={language}
          onChange={choose}
          data={Object.keys(calls)}
        />
        <Command label={`A first call, in ${language}`} text={calls[language]?.(secret) ?? secret} />
        <div className="row-end">
          <Button onClick={onClose}>Done</Button>
        </div>
      </div>
    </Drawer>
  )
}
