import assert from 'node:assert/strict'
import { Ajv, type ValidateFunction } from 'ajv'
import type { Endpoint } from '../../src/admin/index.ts'
import { asSchema, type Schema } from './variations.ts'

const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true })
const validators = new Map<string, ValidateFunction>()

/** Checks a reply's body against the operation's own schema, and that it holds nothing that the schema does not name. */
export function assertReply({ name, route }: Endpoint, body: unknown): void {
  const validate = validators.get(name) ?? ajv.compile(closed(asSchema(route.reply)))
  validators.set(name, validate)
  assert.ok(validate(body), `${name}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(body)}`)
}

/** The same schema, without room for fields that it does not name. */
function closed(schema: Schema): Schema {
  const { properties, items, anyOf } = schema
  return {
    ...schema,
    ...(items && { items: closed(items) }),
    ...(anyOf && { anyOf: anyOf.map(closed) }),
    ...(properties && {
      properties: Object.fromEntries(Object.entries(properties).map(([name, property]) => [name, closed(property)])),
      // Where a schema says what other fields there may be, they are judged by that.
      additionalProperties: schema.additionalProperties ?? false,
    }),
  }
}

const SECRET = /^(value|token|(new_)?password)$/

/** The secrets that a reply shows once, wherever they stand. */
export function secretsIn(body: unknown): string[] {
  if (typeof body !== 'object' || body === null) return []
  return Object.entries(body).flatMap(([name, value]) =>
    SECRET.test(name) && typeof value === 'string' ? [value] : secretsIn(value),
  )
}
