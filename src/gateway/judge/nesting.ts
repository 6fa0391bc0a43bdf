/** Deepest nesting of what is judged. Beyond it, even writing it again would be a risk. */
export const DEEPEST = 64

/** Thrown within, so that the way back needs no more than the name of the field. */
export const tooDeep = new Error('nested too deeply')

/** Tells of each name and each value of JSON in which nothing is looked for. @throws `tooDeep` */
export function eachText(value: unknown, depth: number, told: (text: string) => void): void {
  if (value === null || typeof value !== 'object') {
    told(String(value))
    return
  }
  if (depth > DEEPEST) throw tooDeep
  if (Array.isArray(value)) for (const item of value) eachText(item, depth + 1, told)
  else
    for (const key in value) {
      told(key)
      eachText((value as Record<string, unknown>)[key], depth + 1, told)
    }
}
