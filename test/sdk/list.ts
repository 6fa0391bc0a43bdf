import type { World } from './scenario.ts'

type Item = { id: string } | { group_id: string }
type Page = AsyncIterable<Item> & { iterPages: () => AsyncIterable<{ data: Item[] }> }

/** A list that is filled, walked through and emptied. */
export type List = {
  /** Its name in the official client. */
  operation: string
  /** Where a list is walked through in several ways: which one this is. */
  variant?: string
  newestFirst?: true
  /** What stands in the list from the start. */
  before: (world: World) => string[]
  /** Adds an object that the list shows, perhaps besides others that it does not show. */
  add: (world: World, turn: number) => Promise<string>
  list: (world: World, query: { limit: number }) => PromiseLike<Page>
  remove: (world: World, id: string) => Promise<unknown>
}

/** What names an item: a group in a project has no id of its own. */
export const idOf = (item: Item) => ('id' in item ? item.id : item.group_id)

/** Something that a list needs beside its own objects, made once in each world. */
export function inWorld<T>(make: (world: World) => Promise<T>): (world: World) => Promise<T> {
  const made = new WeakMap<World, Promise<T>>()
  return (world) => {
    const known = made.get(world) ?? make(world)
    made.set(world, known)
    return known
  }
}
