import type { CatalogueModel } from '../../core/catalogue.ts'
import { type Fields, isObject } from './fields.ts'

/** Why a body is sent otherwise than it came. */
export type Reason =
  /** The project's settings ask for another value. */
  | { kind: 'setting' }
  /** Its model server calls the model by another name. */
  | { kind: 'renamed'; model: CatalogueModel }
  /** The same once more, as it was read: no other reader is to find another thing in the bytes that came. */
  | { kind: 'as_read' }
  /** A stream is asked for what it used. */
  | { kind: 'counting' }

/** One field and what is sent in it; undefined where it is left out. */
export type Edit = { field: string; value: unknown; reason: Reason }

/** Where something stands in a body: a field, and the steps below it. */
export type Place = readonly [field: string, ...steps: (string | number)[]]

/** A body that is sent with other fields than it came with. */
export type Editable = { set(name: string, value: unknown): void; remove(name: string): void }

/**
 * What is decided about a body. Judging adds to it and changes nothing; whoever sends the body writes it in, and a proxy that
 * carries the body itself is told what it says.
 */
export class Edits {
  readonly #fields: Fields
  readonly #list: Edit[] = []

  /** @param fields of the body, as they came */
  constructor(fields: Fields) {
    this.#fields = fields
  }

  /** In the order in which they were decided; of two for one field the later one counts. */
  get list(): readonly Edit[] {
    return this.#list
  }

  /** A field as it will be sent. */
  value(field: string): unknown {
    for (let i = this.#list.length - 1; i >= 0; i--) if (this.#list[i]?.field === field) return this.#list[i]?.value
    return this.#fields[field]
  }

  set(field: string, value: unknown, reason: Reason): void {
    this.#list.push({ field, value, reason })
  }

  /** Sends a field as it was read. */
  asRead(field: string): void {
    this.set(field, this.value(field), { kind: 'as_read' })
  }

  /** Sets what stands deeper: of what is around it a copy is sent. */
  setAt([field, ...steps]: Place, value: unknown, reason: Reason): void {
    this.set(field, replaced(this.value(field), steps, value), reason)
  }

  /** Writes everything that was decided into a body: the one place where it is done. */
  writeInto(body: Editable): void {
    for (let i = 0; i < this.#list.length; i++) {
      const { field, value } = this.#list[i] as Edit
      if (value === undefined) body.remove(field)
      else body.set(field, value)
    }
  }
}

function replaced(within: unknown, [step, ...steps]: readonly (string | number)[], value: unknown): unknown {
  if (step === undefined) return value
  if (Array.isArray(within)) return within.with(Number(step), replaced(within[Number(step)], steps, value))
  if (!isObject(within)) return within
  // A member that is called `__proto__` is copied like any other.
  return { ...within, [step]: replaced(within[step], steps, value) }
}
