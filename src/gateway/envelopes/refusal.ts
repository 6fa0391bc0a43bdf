/** Bytes of a refusal that are read; what comes behind them is not shown. */
const MOST_READ = 65_536
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

/** The beginning of a refusal, as far as it is read, as it comes. */
export class Beginning {
  readonly #parts: Buffer[] = []
  #length = 0

  add(bytes: Buffer): void {
    const part = bytes.subarray(0, MOST_READ - this.#length)
    this.#length += part.length
    if (part.length > 0) this.#parts.push(part)
  }

  get text(): string {
    return Buffer.concat(this.#parts).toString()
  }
}
