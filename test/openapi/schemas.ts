import { Ajv2020 } from 'ajv/dist/2020.js'
import type { Document, Schema } from './normal.ts'
import { published } from './published.ts'

let read: { ajv: Ajv2020; document: Document } | undefined

function publishedDocument() {
  if (read) return read
  const document = published()
  const ajv = new Ajv2020({ strict: false, validateFormats: false, validateSchema: false, allErrors: true })
  ajv.addSchema(document, 'published')
  read = { ajv, document }
  return read
}

/** A schema of the published description, by its name under `components.schemas`. */
export function publishedSchema(name: string): Schema {
  const schema = publishedDocument().document.components.schemas[name]
  if (!schema) throw new Error(`the published description has no schema ${name}`)
  return schema
}

/** What is wrong with a value by a schema of the published description, in sentences; nothing where it is right. */
export function publishedErrors(name: string, value: unknown): string[] {
  publishedSchema(name)
  const validate = publishedDocument().ajv.getSchema(`published#/components/schemas/${name}`)
  if (!validate || validate(value)) return []
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}
