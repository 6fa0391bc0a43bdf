/** A database that cannot be used, in a sentence for who started this program: the fault lies there, and a stack would say nothing. */
export class DatabaseRefusal extends Error {
  override readonly name = 'DatabaseRefusal'
}

/** What a driver's error says, in one line. An attempt at several addresses of a host has a message only in its parts. */
export function said(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) {
    return [...new Set(error.errors.map(said))].join('; ')
  }
  const { message, code } = error as NodeJS.ErrnoException
  return (message || code || String(error)).replaceAll(/\s*\n\s*/g, ' ')
}
