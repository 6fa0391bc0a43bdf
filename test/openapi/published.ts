import { readFileSync } from 'node:fs'
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js'
import { operationsIn } from './diff.ts'
import type { Document } from './normal.ts'

const file = process.env.OPENAI_ADMIN_SPEC

/** Why a test that needs the published description is skipped; false where it is there. */
export const withoutPublished = file
  ? false
  : 'OPENAI_ADMIN_SPEC names no file: set it to the published description of the Administration API to run this test'

/** The published description of the Administration API. */
export function published(): Document {
  if (!file) throw new Error('OPENAI_ADMIN_SPEC is not set')
  return JSON.parse(readFileSync(file, 'utf8'))
}

/** Judges replies by the published description. */
export class ReplyJudge {
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false, validateSchema: false, allErrors: true })
  readonly #operations: { name: string; pattern: RegExp; validate: () => ValidateFunction }[]
  /** The operations of which a reply was judged. */
  readonly judged = new Set<string>()
  /** What was wrong with replies. */
  readonly objections: string[] = []

  constructor(document: Document) {
    this.#ajv.addSchema(document, 'published')
    this.#operations = [...operationsIn(document).keys()].map((name) => {
      const [method = '', path = ''] = name.split(' ')
      const pointer = `/paths/${path.replaceAll('/', '~1')}/${method.toLowerCase()}/responses/200/content/application~1json/schema`
      return {
        name,
        pattern: new RegExp(`^${method} ${path.replace(/\{\w+\}/g, '[^/]+')}$`),
        validate: () => this.#compiled(`published#${encodeURI(pointer)}`),
      }
    })
  }

  /** @param path below `/v1`, without a query */
  judge(method: string, path: string, body: unknown): void {
    const operation = this.#operations.find(({ pattern }) => pattern.test(`${method} ${path}`))
    if (!operation) return
    this.judged.add(operation.name)
    const validate = operation.validate()
    if (!validate(body)) this.objections.push(`${operation.name}: ${this.#ajv.errorsText(validate.errors)}`)
  }

  #compiled(reference: string): ValidateFunction {
    const known = this.#ajv.getSchema(reference)
    if (!known) throw new Error(`the published description has no ${reference}`)
    return known as ValidateFunction
  }
}
