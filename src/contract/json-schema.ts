import type {
  Static,
  TArray,
  TBoolean,
  TInteger,
  TNull,
  TObject,
  TOptional,
  TProperties,
  TSchema,
  TString,
  TUnion,
  TUnsafe,
} from 'typebox'

export type { Static, TSchema }

/*
 * TypeBox's types over schemas that are plain JSON Schema. Its own builders make the same objects, but loading them costs a
 * third of the start (80 to 120 ms and 20 MB, measured), so at run time there are these few lines instead.
 */

type Options = Record<string, unknown>

/** Marks a property as optional, invisibly to validators, serializers and documents. */
const OPTIONAL = '~optional'

/** The one place where a plain object is given the type that says what it describes. */
const schema = <T extends TSchema>(value: object) => value as unknown as T

export const Type = {
  String: (options: Options = {}) => schema<TString>({ type: 'string', ...options }),
  Integer: (options: Options = {}) => schema<TInteger>({ type: 'integer', ...options }),
  Boolean: (options: Options = {}) => schema<TBoolean>({ type: 'boolean', ...options }),
  Null: (options: Options = {}) => schema<TNull>({ type: 'null', ...options }),
  Array: <T extends TSchema>(items: T, options: Options = {}) =>
    schema<TArray<T>>({ type: 'array', items, ...options }),
  Union: <T extends TSchema[]>(anyOf: [...T]) => schema<TUnion<T>>({ anyOf }),
  Unsafe: <T>(value: object) => schema<TUnsafe<T>>(value),
  Optional: <T extends TSchema>(value: T) =>
    schema<TOptional<T>>(Object.defineProperty({ ...value }, OPTIONAL, { value: true })),
  Object: <P extends TProperties>(properties: P, options: Options = {}) => {
    const required = Object.keys(properties).filter((name) => !(OPTIONAL in (properties[name] as object)))
    return schema<TObject<P>>({ type: 'object', properties, ...(required.length > 0 && { required }), ...options })
  },
}
