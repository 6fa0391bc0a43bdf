import type { Reply } from '../../api/operations.ts'
import type { Shown } from '../passkey/browser.ts'
import { ShowPasskey } from '../passkey/show-passkey.tsx'
import { ANY_CODE, CodeField } from './code-field.tsx'

type ShowFactorProps = {
  hasPasskey: boolean
  ask: () => Promise<Reply<'POST /v1/organization/sign_in/passkey'>>
  onPasskey: (passkey: Shown) => void
  code: string
  onType: (code: string) => void
  /** Whether what goes with it is not typed yet: a passkey that is shown is sent at once. */
  disabled: boolean
}

/** What is shown besides the password: a passkey, which is sent at once, or a code. */
export const ShowFactor = ({ hasPasskey, ask, onPasskey, code, onType, disabled }: ShowFactorProps) => (
  <>
    {hasPasskey && (
      <>
        <ShowPasskey ask={ask} onShown={onPasskey} disabled={disabled} />
        <div className="door-or">or by a code</div>
      </>
    )}
    <CodeField value={code} onType={onType} description={hasPasskey ? CODE_INSTEAD : ANY_CODE} />
  </>
)

const CODE_INSTEAD = 'One of your recovery codes, or six digits from your authenticator app, if you have one.'
