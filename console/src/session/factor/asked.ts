import { useState } from 'react'
import { CallError } from '../../api/call.ts'

/** What the server asks for besides a password that was right. */
type Asked = 'second_factor_required' | 'second_factor_setup_required'

/** What a refusal asks for; undefined: it asks for nothing. */
export function askedBy(error: Error): Asked | undefined {
  const code = error instanceof CallError ? error.code : null
  return code === 'second_factor_required' || code === 'second_factor_setup_required' ? code : undefined
}

/** A second factor that is asked for once the server has said so, by a passkey where it has said that one can be shown. */
export function useAskedFactor() {
  const [code, type] = useState<string | null>(null)
  const [hasPasskey, note] = useState(false)
  return {
    isAsked: code !== null,
    /** What is sent besides the password, as far as it is typed. */
    typed: code === null ? {} : { code },
    /** Of where it is typed. */
    field: { hasPasskey, code: code ?? '', onType: type },
    hear(refused: Error) {
      if (askedBy(refused) !== 'second_factor_required') return
      type('')
      if (refused instanceof CallError && refused.param === 'passkey') note(true)
    },
    /** What is to be said of a refusal: nothing where it only asks. */
    said: (error: Error | null) => (error && askedBy(error) !== 'second_factor_required' ? error : null),
    forget() {
      type(null)
      note(false)
    },
  }
}
