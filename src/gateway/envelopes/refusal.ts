/** Characters that are shown of a refusal that has no shape. */
const MOST_SHOWN = 4096

/** What a model server's refusal says that has not the shape that is wanted. */
export const shownOf = (status: number, text: string): string =>
  text.trim().slice(0, MOST_SHOWN) || `The model server answered with the status ${status}.`

/** The JSON object that a refusal is; null where it is none. */
export function parsed(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}
