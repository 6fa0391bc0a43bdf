/** One event of a stream: what it is called, and its data. */
type ServerEvent = { name: string; data: string }

/**
 * Reads a stream of events (`text/event-stream`) piece by piece, however it is cut. An event that is not closed by an empty line
 * has not come whole, and is none.
 */
export class EventReader {
  #rest = ''
  #name = ''
  #data: string[] = []

  /** @returns the events that are whole now */
  push(text: string): ServerEvent[] {
    const found: ServerEvent[] = []
    this.#rest += text
    // The other half of a line's end may be in the next piece.
    const whole = this.#rest.endsWith('\r') ? this.#rest.slice(0, -1) : this.#rest
    const lines = whole.split(/\r\n|\n|\r/)
    this.#rest = (lines.pop() ?? '') + this.#rest.slice(whole.length)
    for (const line of lines) {
      if (line === '') found.push(...this.#close())
      else this.#read(line)
    }
    return found
  }

  #close(): ServerEvent[] {
    const [name, data] = [this.#name || 'message', this.#data]
    this.#name = ''
    this.#data = []
    return data.length === 0 ? [] : [{ name, data: data.join('\n') }]
  }

  /** A line that begins with a colon is a comment, which only keeps the connection alive. */
  #read(line: string): void {
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? []
    if (field === 'data') this.#data.push(value)
    else if (field === 'event') this.#name = value
  }
}
