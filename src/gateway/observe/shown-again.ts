import { IN_ITEM } from '../routes/want.ts'

/**
 * How much of an answer a stream shows in whole items and in the whole response. Mostly it is what was said in pieces before;
 * a server that says nothing in pieces has said it there.
 */
export class ShownAgain {
  #item = 0
  #items = 0
  #response = 0
  #most = 0

  /** The larger of the two, in bytes. */
  get bytes(): number {
    return Math.max(this.#items, this.#most)
  }

  add(channel: number, bytes: number): void {
    if (channel === IN_ITEM) this.#item += bytes
    else this.#response += bytes
  }

  /** @param isDone whether the item in it was whole: it was begun with another */
  eventEnded(isDone: boolean): void {
    if (isDone) this.#items += this.#item
    this.#most = Math.max(this.#most, this.#response)
    this.#item = 0
    this.#response = 0
  }
}
