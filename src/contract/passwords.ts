import { Type } from './json-schema.ts'
import { printable } from './schema.ts'

/** A password as it is shown to be proven. */
export const Password = (description: string) =>
  Type.String({ description, minLength: 1, maxLength: 256, pattern: printable })
/** A password as it is set. */
export const NewPassword = (description: string) =>
  Type.String({
    description: `${description} 12 to 256 characters.`,
    minLength: 12,
    maxLength: 256,
    pattern: printable,
  })
