import { Button } from '@mantine/core'
import { Command } from '../../patterns/command.tsx'

/** Codes that are shown this once. */
export const RecoveryCodes = ({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) => (
  <div className="stack">
    <p className="notice warn">
      Keep these where your phone is not. Each signs you in once, in the place of a code of the app. They are not shown
      again.
    </p>
    <Command label="Your recovery codes" text={codes.join('\n')} />
    <div className="row-end">
      <Button onClick={onDone}>I have kept them</Button>
    </div>
  </div>
)
