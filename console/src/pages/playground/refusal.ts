type Said = { message: string; code: string | null }

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

/**
 * The error in what was answered, in the shapes in which the gate and the model servers behind it say one; null where there is none.
 * @param answer JSON of a body or of an event, or whatever else it was
 */
export function errorIn(answer: unknown): Said | null {
  if (typeof answer !== 'object' || answer === null) return null
  const { error, detail, message } = answer as Record<string, unknown>
  if (typeof error === 'object' && error !== null) {
    const { message = '', code } = error as Record<string, unknown>
    return { message: textOf(message) ?? JSON.stringify(error), code: textOf(code) }
  }
  const words = textOf(error) ?? textOf(detail) ?? textOf(message)
  return words === null ? null : { message: words, code: null }
}
