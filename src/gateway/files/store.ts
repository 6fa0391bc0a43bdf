/** The kinds of things that are kept, each on a shelf of its own. */
export const shelves = ['files', 'uploads', 'batches'] as const
export type Shelf = (typeof shelves)[number]

const ID = /^(file-|upload_|part_|batch_|end_)[0-9a-f]{32}$/
/** Whether something is called as things are here: nothing else is ever part of a path or a key. */
export const isKeptId = (id: string) => ID.test(id)

/** Something that is being written and that nobody finds. */
export interface Draft {
  /** Of the content, so far. */
  readonly bytes: number
  /** Writes the next bytes of the content; one call after the other. @throws ApiError 507, 503 */
  write(chunk: Uint8Array): Promise<void>
  /**
   * Gives it its place, and it is there for everybody: whole, and for good.
   * @param object what is said of it
   * @param within another thing of the same shelf, as a part of it
   * @returns whether the place was free; the draft is gone where it was not
   * @throws ApiError 507, 503: the draft is gone then
   */
  place(object: object, shelf: Shelf, id: string, within?: string): Promise<boolean>
  /** Nothing comes of it. Never throws: what is left of it is swept away. */
  discard(): Promise<void>
}

/** Adds to what stands beside a thing; nobody else adds there. It may stand open for hours, and has nothing of the system's meanwhile. */
export interface Adding {
  /**
   * Adds text behind what was added before. Resolves when more can be added, and that is held up where the store is slow.
   * @param kept is called once it would outlive this process, one after the other
   * @throws ApiError 507, 503 where this or something before could not be kept; nothing more is added then
   */
  add(text: string, kept: () => void): Promise<void>
  /** Resolves when all that was added is kept. @throws ApiError 507, 503 */
  flush(): Promise<void>
  /** Ends it. What was added and not flushed may be lost. Never throws. */
  close(): Promise<void>
}

/**
 * Where the gate keeps what it keeps itself: a folder, or a bucket. A thing has a description and, where it has one, a content, and stands in its place whole or not at
 * all, whatever becomes of whoever wrote it: so several threads, or nodes that share the store, need no other agreement. What stands beside a
 * thing is written there later, by name.
 */
export interface Store {
  /** What the operator calls it; in logs, never in answers. */
  readonly name: string
  /** How often it is to be looked for what is over, in milliseconds: that costs a look at every thing. */
  readonly sweepMs: number

  /** Something new. @throws ApiError 507 where there is no room for more, 503 where the store cannot be written to */
  draft(): Promise<Draft>
  /**
   * What only says how something has ended: no room is asked for it, since it gives back more than it takes, and has to be possible where all is full.
   * @throws ApiError 507 where the store takes no more at all, 503
   */
  endDraft(): Promise<Draft>
  /** Whether there is room for more. @throws ApiError 507, 503 */
  checkRoom(): Promise<void>

  /** What is said of something; null: it was deleted; undefined: there is no such thing in this store. @throws ApiError 503 */
  describe(shelf: Shelf, id: string, within?: string): Promise<object | null | undefined>
  /** The content of something, from its beginning. Whoever does not read to its end calls `return`. @throws ApiError 503, also where it has gone meanwhile */
  content(shelf: Shelf, id: string, within?: string): AsyncGenerator<Buffer, void, void>
  /** Some of the content of something, from a position on. @returns fewer bytes than asked for only where it ends @throws ApiError 503 */
  stretch(shelf: Shelf, id: string, at: number, bytes: number): Promise<Buffer>
  /** How many bytes the content of something has. @throws ApiError 503, also where it has gone meanwhile */
  bytesOf(shelf: Shelf, id: string, within?: string): Promise<number>

  /** Writes something small beside something, in place of what was there of that name. @throws ApiError 503, 507 */
  writeBeside(shelf: Shelf, id: string, name: string, text: string): Promise<void>
  /** What was so written; null: nothing. @throws ApiError 503 */
  readBeside(shelf: Shelf, id: string, name: string): Promise<string | null>
  /** Nothing is there before something is added. @param name one that nobody else has added by @param signal ends all waiting @throws ApiError 507, 503 */
  adding(shelf: Shelf, id: string, name: string, signal: AbortSignal): Promise<Adding>
  /** All that was added beside something, one piece after the other by their names; a piece may end within a text that was not kept. @throws ApiError 503 */
  added(shelf: Shelf, id: string): AsyncIterable<AsyncIterable<Buffer>>

  /** Deletes something for good: nobody finds it from now on, also where it is not in this store. @returns whether it was there @throws ApiError 507, 503 */
  delete(shelf: Shelf, id: string): Promise<boolean>
  /** Takes away parts of something, whose names begin so. Never throws: what is left is swept away with it. */
  removeWithin(shelf: Shelf, id: string, beginning: string): Promise<void>

  /** The ids of what stands on a shelf; what else somebody has put there is nothing of ours. */
  all(shelf: Shelf): AsyncGenerator<string>
  /** Whether something has not been written to for so long that nobody does. @throws what the store says */
  isLeft(shelf: Shelf, id: string): Promise<boolean>
  /** Takes something away with all that is in it and beside it, and does not remember it. @throws what the store says */
  remove(shelf: Shelf, id: string): Promise<void>
  /** Takes away what was begun and is no thing yet, where nobody goes on with it. @returns how many @throws what the store says */
  removeLeft(signal: AbortSignal): Promise<number>
}
