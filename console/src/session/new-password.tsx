import { PasswordInput } from '@mantine/core'

/** Characters that a password has at least: the server asks for as many. */
const SHORTEST = 12

/** Whether it is long enough to be sent. */
export const isLongEnough = (password: string): boolean => password.length >= SHORTEST

/** Where a password is chosen. */
export const NewPassword = ({ value, onType }: { value: string; onType: (password: string) => void }) => (
  <PasswordInput
    label="New password"
    description={`At least ${SHORTEST} characters. A few words that nobody guesses do well.`}
    value={value}
    onChange={(event) => onType(event.currentTarget.value)}
    minLength={SHORTEST}
    maxLength={256}
    autoComplete="new-password"
    required
  />
)
