import type { CatalogueModel } from '../../core/catalogue.ts'
import type { Fields } from './fields.ts'

/** Why a body is sent otherwise than it came. */
export type Reason =
  /** The project's settings ask for another value. */
  | { kind: 'setting' }
  /** It names no model, and is to be served by the one that such calls mean here. */
  | { kind: 'left_out' }
  /** Its model server calls the model by another name. */
  | { kind: 'renamed'; model: CatalogueModel }
  /** The same once more, as it was read: no other reader is to find another thing in the bytes that came. */
  | { kind: 'as_read' }
  /** The model server is not known to have such a field, and its operator has it left out. */
  | { kind: 'unknown' }

/** Why one field is sent otherwise than it came. */
export type Edit = { field: string; reason: Reason }

/** Where something stands in a body: a field, and the steps below it. */
export type Place = readonly [field: string, ...steps: (string | number)[]]

/** A body that is sent with other fields than it came with. */
export type Editable = { set(name: string, value: unknown): void; remove(name: string): void }

/**
 * What is decided about a body. Judging adds to it and changes nothing; whoever sends the body writes it in, and a proxy that
 * carries the body itself is told what it says. It takes time and memory as the body is long, however much is decided.
 */
export class Edits {
  /** As they came. */
  #fields: Fields
  /** What is sent in a field; undefined where it is left out. */
  readonly #values = new Map<string, unknown>()
  readonly #reasons: Edit[] = []
  /** Containers that are copies of ours, to be changed in place. */
  #copies: WeakSet<object> | null = null

  constructor(fields: Fields) {
    this.#fields = fields
  }

  /** Each field with the first reason of each kind, in the order in which they were decided. */
  get reasons(): readonly Edit[] {
    return this.#reasons
  }

  /** A field as it will be sent. */
  value(field: string): unknown {
    return this.#values.has(field) ? this.#values.get(field) : this.#fields[field]
  }

  set(field: string, value: unknown, reason: Reason): void {
    // A field that was never set has no reason yet: to look for one would take longer with each field that is decided.
    const again = this.#values.has(field)
    this.#values.set(field, value)
    const known = again && this.#reasons.some((edit) => edit.field === field && edit.reason.kind === reason.kind)
    if (!known) this.#reasons.push({ field, reason })
  }

  /** Sends a field as it was read. */
  asRead(field: string): void {
    this.set(field, this.value(field), { kind: 'as_read' })
  }

  /** Sets what stands deeper: of what is around it a copy is sent. */
  setAt([field, ...steps]: Place, value: unknown, reason: Reason): void {
    const last = steps.pop()
    if (last === undefined) {
      this.set(field, value, reason)
      return
    }
    const whole = this.#copyOf(this.value(field))
    let within = whole
    for (const step of steps) {
      const inner = this.#copyOf(Reflect.get(within, step))
      Reflect.set(within, step, inner)
      within = inner
    }
    Reflect.set(within, last, value)
    this.set(field, whole, reason)
  }

  /** Writes everything that was decided into a body, the one place where it is done, and keeps nothing of it. */
  writeInto(body: Editable): void {
    for (const [field, value] of this.#values) {
      if (value === undefined) body.remove(field)
      else body.set(field, value)
    }
    this.#values.clear()
    this.#fields = {}
  }

  /** A copy that may be changed, made once of each container. */
  #copyOf(container: unknown): object {
    if (typeof container !== 'object' || container === null) throw new Error('there is nothing at this place')
    this.#copies ??= new WeakSet()
    if (this.#copies.has(container)) return container
    // A member that is called `__proto__` is copied like any other.
    const copy = Array.isArray(container) ? [...container] : { ...container }
    this.#copies.add(copy)
    return copy
  }
}
