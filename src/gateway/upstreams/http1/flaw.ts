/** What of a reply is no HTTP as it is read here. It never quotes the reply: that may hold a key. */
export class ReplyFlaw extends Error {
  /** Whether it is HTTP, and wrapped in a coding of the way that nobody asked for. */
  readonly isWrapped: boolean

  constructor(message: string, isWrapped = false) {
    super(message)
    this.isWrapped = isWrapped
  }
}
