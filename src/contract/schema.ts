import { type Static, type TSchema, Type } from './json-schema.ts'

/** An identifier. A malformed one is simply unknown (404), so no pattern is asked for. */
export const Id = (description: string) => Type.String({ description })

/** An id that no path has, so that its form is asked for. */
const IdLike = (description: string) => Type.String({ description, pattern: '^[\\w-]{1,64}$' })
export const OrganizationId = IdLike
export const UserId = IdLike

export const Time = Type.Integer({ format: 'unixtime', description: 'Unix time in seconds.' })

/** A field that only this server has, in something that the original has too. @param why it is here although nobody else has it */
export const OurOwn = <T extends TSchema>(schema: T, why: string): T => ({ ...schema, 'x-extension': why })

/** One of these strings. */
export function Enum<const T extends string[]>(values: T, options: { description?: string; default?: T[number] } = {}) {
  return Type.Unsafe<T[number]>({ type: 'string', enum: values, ...options })
}

/** Always this string. */
export const Const = <const T extends string>(value: T) => Enum([value])

/** A scalar that may be null, written as a type list: validators and serializers handle it faster than a union. */
export function Nullable<T extends TSchema>(schema: T) {
  const { type, enum: values, ...rest } = schema as { type?: string; enum?: unknown[] }
  return Type.Unsafe<Static<T> | null>({ ...rest, type: [type, 'null'], ...(values && { enum: [...values, null] }) })
}

/** Text that a person reads: no control characters (nor lone surrogates), which no database agrees on. */
export const printable = '^[^\\p{Cc}\\p{Cs}]*$'

/** A display name: 1 to 255 characters after trimming. `x-trim` makes the validator trim it in place. */
export const Name = (description: string) =>
  Type.String({ description, minLength: 1, maxLength: 255, pattern: printable, 'x-trim': true })

/** Free text of a profile. */
export const Text = (description: string) => Type.String({ description, maxLength: 255, pattern: printable })

/** What somebody looks for in a list: it is found anywhere in a name, in whatever letter case. */
export const Searched = (description: string) => Type.String({ description, maxLength: 255 })

/** A filter of a list that only this server has. */
export const Filter = <T extends TSchema>(schema: T) =>
  Type.Optional(OurOwn(schema, 'what one looks for is found without asking for the whole list'))

/** One @ between two parts without spaces; what is behind it is for mail servers to judge. */
export const Email = (description: string) =>
  Type.String({
    description,
    maxLength: 320,
    pattern: '^[^\\s@\\p{Cc}\\p{Cs}]+@[^\\s@\\p{Cc}\\p{Cs}]+$',
    'x-trim': true,
  })

/** Closed: a field that is not declared is refused, so that a typo never passes for a setting. */
export const Body = <T extends Record<string, TSchema>>(properties: T) =>
  Type.Object(properties, { additionalProperties: false })

/** Open: query keys that are not declared are ignored, as the original does. */
export const Query = <T extends Record<string, TSchema>>(properties: T) => Type.Object(properties)

/** Cursor and page size of a list. `max` where the original states none is this server's own (see docs/decisions.md). */
export const paging = (max = 100, preset = 20, min = 1) => ({
  limit: Type.Integer({ minimum: min, maximum: max, default: preset, description: 'Objects on a page.' }),
  after: Type.Optional(Type.String({ description: 'The list goes on behind the object with this id.' })),
})

/** The list envelope whose next cursor is `last_id`. */
export const List = <T extends TSchema>(item: T) =>
  Type.Object({
    object: Const('list'),
    data: Type.Array(item),
    first_id: Nullable(Type.String()),
    last_id: Nullable(Type.String()),
    has_more: Type.Boolean(),
  })

/** The list envelope whose next cursor is `next`. */
export const NextList = <T extends TSchema>(item: T) =>
  Type.Object({
    object: Const('list'),
    data: Type.Array(item),
    has_more: Type.Boolean(),
    next: Nullable(Type.String()),
  })

/** The direction of a list that has a choice of it. */
export const ordering = (preset: 'asc' | 'desc') => ({
  order: Enum(['asc', 'desc'], { default: preset, description: 'By creation.' }),
})

/** The same of a list that the original has in one direction only, oldest first. */
export const ownOrdering = {
  order: OurOwn(ordering('asc').order, 'what was made last is found without asking for the whole list'),
}

export const Deleted = <const T extends string>(object: T) =>
  Type.Object({ object: Const(object), id: Type.String(), deleted: Type.Boolean() })
