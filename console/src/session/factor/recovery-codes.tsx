import { Button } from '@mantine/core'
import { Command } from '../../patterns/command.tsx'

/** Codes that are shown this once. */
export const RecoveryCodes = ({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) => (
  <div className="stack">
    <p className="notice warn">
      Save these where you have them without your phone and this device. Each signs you in once, in place of a code or a
      passkey. They are not shown again.
    </p>
    <Command label="Your recovery codes" text={codes.join('\n')} />
    <div className="row-end">
      <Button onClick={onDone}>I have saved them</Button>
    </div>
  </div>
)
