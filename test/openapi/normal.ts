/** An OpenAPI document, as far as it is looked at. */
export type Document = {
  openapi: string
  info: { title: string; version: string }
  servers: { url: string }[]
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema>; securitySchemes?: Record<string, unknown> }
}
export type Operation = {
  operationId: string
  'x-extension'?: string
  parameters?: Parameter[]
  requestBody?: Body & { required?: boolean }
  responses: Record<string, Body & { description?: string }>
  security?: Record<string, string[]>[]
}
export type Parameter = { name: string; in: string; required?: boolean; schema: Schema }
type Body = { content?: Record<string, { schema?: Schema }> }
export type Schema = {
  $ref?: string
  type?: string | string[]
  nullable?: boolean
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, Schema>
  required?: string[]
  items?: Schema
  allOf?: Schema[]
  anyOf?: Schema[]
  oneOf?: Schema[]
  minimum?: number
  maximum?: number
  'x-extension'?: string
}

/** What is said of one value, however it is written. */
export type Field = {
  types: string
  nullable: boolean
  required: boolean
  values: string[]
  minimum: number | undefined
  maximum: number | undefined
}

/**
 * Every value that a schema describes, by its path: `data[].owner.id`. The schema's own path is empty.
 * @param objects of alternatives that say which `object` they are, only those that are one of these count, if any is
 */
export function fieldsOf(document: Document, schema: Schema | undefined, objects?: Objects): Map<string, Field> {
  const fields = new Map<string, Field>()
  if (schema) flatten({ document, objects }, schema, '', true, fields)
  return fields
}

/** The schema of a JSON body. */
export const jsonOf = (body: Body | undefined): Schema | undefined => body?.content?.['application/json']?.schema

type Objects = ReadonlySet<string> | undefined
type Source = { document: Document; objects: Objects }

function flatten(source: Source, written: Schema, path: string, required: boolean, fields: Map<string, Field>) {
  const { schema, nullable } = merged(source, written)
  const types = [schema.type ?? []].flat().filter((type) => type !== 'null')
  const values = (schema.const === undefined ? (schema.enum ?? []) : [schema.const]).filter((value) => value !== null)
  fields.set(path, {
    types: types.sort().join(' or '),
    nullable,
    required,
    values: values.map(String).sort(),
    minimum: schema.minimum,
    maximum: schema.maximum,
  })
  if (schema.items) flatten(source, schema.items, `${path}[]`, true, fields)
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    // What is ours alone is said to be, and is no difference.
    if (property['x-extension'] !== undefined) continue
    const below = path === '' ? name : `${path}.${name}`
    flatten(source, property, below, schema.required?.includes(name) ?? false, fields)
  }
}

/** One schema without references and combinations. Several alternatives besides null are one schema with several types. */
function merged(source: Source, written: Schema): { schema: Schema; nullable: boolean } {
  if (written.$ref !== undefined) return merged(source, resolve(source.document, written.$ref))
  const { allOf = [], anyOf, oneOf, ...own } = written
  let nullable = own.nullable === true || [own.type].flat().includes('null')
  let schema: Schema = own
  const alternatives = wanted(
    source,
    (anyOf ?? oneOf ?? []).map((part) => merged(source, part)),
  )
  for (const part of [...allOf.map((part) => merged(source, part)), ...alternatives]) {
    nullable ||= part.nullable
    schema = combined(schema, part.schema)
  }
  return { schema, nullable }
}

function wanted<A extends { schema: Schema }>({ objects }: Source, alternatives: A[]): A[] {
  const found = alternatives.filter(({ schema }) => {
    const { const: only, enum: values = [only] } = schema.properties?.object ?? {}
    return values.some((value) => objects?.has(String(value)))
  })
  return found.length > 0 ? found : alternatives
}

function combined(a: Schema, b: Schema): Schema {
  const both = { ...a, ...b }
  const types = [...new Set([a.type ?? [], b.type ?? []].flat())]
  if (types.length > 0) both.type = types
  if (a.properties || b.properties) both.properties = { ...a.properties, ...b.properties }
  if (a.required || b.required) both.required = [...(a.required ?? []), ...(b.required ?? [])]
  return both
}

/** The schema that a reference names. */
export function resolve(document: Document, reference: string): Schema {
  if (!reference.startsWith('#/')) throw new Error(`'${reference}' leaves the document`)
  const steps = reference.slice(2).split('/')
  const found = steps.reduce<unknown>((value, step) => (value as Record<string, unknown> | undefined)?.[step], document)
  if (found === undefined) throw new Error(`'${reference}' names nothing`)
  return found as Schema
}
