import { TextInput } from '@mantine/core'

type CodeFieldProps = {
  value: string
  onType: (code: string) => void
  label?: string
  description: string
}

/** Where a code of an authenticator app is typed, or a recovery code. */
export const CodeField = ({ value, onType, label = 'Code', description }: CodeFieldProps) => (
  <TextInput
    label={label}
    description={description}
    value={value}
    onChange={(event) => onType(event.currentTarget.value)}
    maxLength={64}
    autoComplete="one-time-code"
    autoCapitalize="none"
    spellCheck={false}
    required
    data-autofocus
  />
)

/** What is typed where a second factor is asked for. */
export const ANY_CODE = 'Six digits from your authenticator app, or one of your recovery codes.'
