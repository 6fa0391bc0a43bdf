import { hash } from 'node:crypto'

/** Keys whose places a thread remembers; beyond, it begins anew. */
const KEPT = 1 << 16

/** No place. */
export const NONE = -1

/**
 * What stands for a key in a table: 128 bits of a hash that nobody outside can work out, so that two keys have the same by an
 * accident only that will not happen, and by no intent. And where it was found last.
 */
export type Place = { readonly a: number; readonly b: number; readonly c: number; readonly d: number; word: number }

/** The places of keys, as a thread remembers them. */
export class Places<P extends Place = Place> {
  readonly #secret: string
  readonly #make: (place: Place) => P
  readonly #byKey = new Map<string, P>()

  constructor(secret: string, make: (place: Place) => P) {
    this.#secret = secret
    this.#make = make
  }

  of(key: string): P {
    const known = this.#byKey.get(key)
    if (known) return known
    if (this.#byKey.size >= KEPT) this.#byKey.clear()
    const place = this.#make(placeOf(this.#secret, key))
    this.#byKey.set(key, place)
    return place
  }
}

function placeOf(secret: string, key: string): Place {
  const bytes = hash('sha256', secret + key, 'buffer')
  // Four zeros are what nobody has used yet.
  const a = bytes.readInt32LE(0) | 1
  return { a, b: bytes.readInt32LE(4), c: bytes.readInt32LE(8), d: bytes.readInt32LE(12), word: NONE }
}
