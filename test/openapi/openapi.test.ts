import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { endpoints } from '../../src/admin/index.ts'
import { startTestApp } from '../support/harness.ts'
import { differences, operationsIn } from './diff.ts'
import { deliberate } from './differences.ts'
import { type Document, fieldsOf, jsonOf, type Operation, resolve, type Schema } from './normal.ts'
import { published, withoutPublished } from './published.ts'

/** What OpenAPI 3.1 asks of the parts of a document that ours has. */
const structure = {
  type: 'object',
  required: ['openapi', 'info', 'servers', 'paths', 'components'],
  properties: {
    openapi: { const: '3.1.0' },
    info: {
      type: 'object',
      required: ['title', 'version'],
      properties: { title: { type: 'string', minLength: 1 }, version: { type: 'string', minLength: 1 } },
    },
    servers: { type: 'array', minItems: 1, items: { type: 'object', required: ['url'] } },
    security: { type: 'array', items: { $ref: '#/$defs/security' } },
    paths: {
      type: 'object',
      propertyNames: { pattern: '^/[a-z_/{}]+$' },
      additionalProperties: {
        type: 'object',
        minProperties: 1,
        propertyNames: { enum: ['get', 'post', 'delete'] },
        additionalProperties: { $ref: '#/$defs/operation' },
      },
    },
    components: { type: 'object', required: ['schemas', 'securitySchemes'] },
  },
  additionalProperties: false,
  $defs: {
    security: { type: 'object', additionalProperties: { type: 'array', items: { type: 'string' } } },
    content: {
      type: 'object',
      required: ['application/json'],
      additionalProperties: { type: 'object', required: ['schema'], properties: { schema: { type: 'object' } } },
    },
    response: {
      type: 'object',
      required: ['description', 'content'],
      properties: { description: { type: 'string', minLength: 1 }, content: { $ref: '#/$defs/content' } },
    },
    parameter: {
      type: 'object',
      required: ['name', 'in', 'required', 'schema'],
      properties: { name: { type: 'string' }, in: { enum: ['path', 'query'] }, required: { type: 'boolean' } },
      if: { properties: { in: { const: 'path' } } },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: { properties: { required: { const: true } } },
    },
    operation: {
      type: 'object',
      required: ['operationId', 'summary', 'responses'],
      patternProperties: { '^x-': {} },
      properties: {
        operationId: { type: 'string', pattern: '^[A-Za-z]+\\.[A-Za-z]+$' },
        tags: { type: 'array', items: { type: 'string' } },
        summary: { type: 'string', minLength: 1 },
        security: { type: 'array', items: { $ref: '#/$defs/security' } },
        parameters: { type: 'array', items: { $ref: '#/$defs/parameter' } },
        requestBody: {
          type: 'object',
          required: ['content'],
          properties: { required: { type: 'boolean' }, content: { $ref: '#/$defs/content' } },
        },
        responses: {
          type: 'object',
          required: ['200', 'default'],
          additionalProperties: { $ref: '#/$defs/response' },
        },
      },
      additionalProperties: false,
    },
  },
}

const schemasOf = ({ parameters = [], requestBody, responses }: Operation) =>
  [...parameters.map(({ schema }) => schema), jsonOf(requestBody), ...Object.values(responses).map(jsonOf)].filter(
    (schema) => schema !== undefined,
  )

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) =>
    name === '$ref' && typeof inner === 'string' ? [inner] : referencesIn(inner),
  )
}

test('/openapi.json is a well-formed OpenAPI 3.1 document', async () => {
  await using app = await startTestApp()
  const reply = await app.send('GET', '/openapi.json', { key: null })
  assert.equal(reply.status, 200)
  assert.match(reply.headers.get('content-type') ?? '', /^application\/json/)
  const document: Document = reply.body
  const shape = new Ajv2020({ allErrors: true, strict: false })
  assert.ok(shape.validate(structure, document), shape.errorsText())
  for (const reference of referencesIn(document)) assert.ok(resolve(document, reference), reference)

  const operations = [...operationsIn(document)]
  const ids = operations.map(([, { operationId }]) => operationId)
  assert.equal(new Set(ids).size, ids.length)
  const { securitySchemes = {} } = document.components
  const schemes = operations.flatMap(([, { security = [] }]) => security.flatMap(Object.keys))
  assert.deepEqual(
    schemes.filter((name) => !(name in securitySchemes)),
    [],
  )
  // Strict: a keyword that JSON Schema does not have is an error, and with that every one of our own.
  const ajv = new Ajv2020({ strict: true, strictTypes: false, allowUnionTypes: true, formats: { unixtime: true } })
  // What is ours alone says why, in the same words for an operation and for a field.
  ajv.addKeyword('x-extension')
  for (const [name, operation] of operations) {
    for (const schema of schemasOf(operation)) {
      assert.doesNotThrow(() => ajv.compile(followed(document, schema)), name)
    }
    const written = (name.match(/\{\w+\}/g) ?? []).map((part) => part.slice(1, -1))
    const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path')
    assert.deepEqual(
      declared.map((parameter) => parameter.name),
      written,
    )
  }
})

/** A schema, or the one that it refers to. */
const followed = (document: Document, schema: Schema) =>
  schema.$ref === undefined ? schema : resolve(document, schema.$ref)

test('/openapi.json describes every operation of the registry, and each is at the address it says', async () => {
  await using app = await startTestApp({ env: { GATEHOUSE_PUBLIC_URL: '' } })
  const document: Document = (await app.send('GET', '/openapi.json', { key: null })).body
  const operations = [...operationsIn(document)]
  assert.deepEqual(
    operations.map(([, { operationId }]) => operationId).sort(),
    endpoints.map(({ name }) => name).sort(),
  )
  assert.equal(document.servers[0]?.url, `${app.url}/v1`)
  for (const [name, operation] of operations) {
    const [method = '', path = ''] = name.split(' ')
    const url = document.servers[0].url + path.replace(/\{\w+\}/g, 'x')
    const { status } = await fetch(url, { method })
    const open = operation.security?.length === 0
    // What strangers can read needs no body either.
    const answered = method === 'GET' ? 200 : 400
    assert.equal(status, open ? answered : 401, `${name} without a key and without a body`)
    assert.equal(open, endpoints.find((endpoint) => endpoint.name === operation.operationId)?.route.permission === null)
  }
})

test('/openapi.json differs from the published description only where that is deliberate', {
  skip: withoutPublished,
}, async () => {
  await using app = await startTestApp()
  const found = differences((await app.send('GET', '/openapi.json', { key: null })).body, published())
  const listed = deliberate.flatMap((group) => group.differences)
  const patterns = listed.map((text) => new RegExp(`^${text.split('*').map(RegExp.escape).join('.*')}$`))
  assert.deepEqual(
    found.filter((difference) => !patterns.some((pattern) => pattern.test(difference))),
    [],
    'differences that nobody decided on',
  )
  assert.deepEqual(
    listed.filter((_, i) => !found.some((difference) => patterns[i]?.test(difference))),
    [],
    'listed differences that are none',
  )
})

test('a difference is noticed however the two documents write it', () => {
  const document = (body: Schema, reply: Schema = {}): Document => ({
    openapi: '3.1.0',
    info: { title: 'x', version: '1' },
    servers: [],
    paths: {
      '/things': {
        post: {
          operationId: 'x',
          parameters: [{ name: 'ids[]', in: 'query', schema: { type: 'array', items: { type: 'string' } } }],
          requestBody: { content: { 'application/json': { schema: body } } },
          responses: { 200: { content: { 'application/json': { schema: reply } } } },
        },
      },
    },
    components: {
      schemas: { Name: { type: 'string' }, Named: { properties: { name: { $ref: '#/components/schemas/Name' } } } },
    },
  })
  const plain = { type: 'object', properties: { name: { type: ['string', 'null'] } }, required: ['name'] }
  const same: Schema[] = [
    {
      type: 'object',
      properties: { name: { anyOf: [{ $ref: '#/components/schemas/Name' }, { type: 'null' }] } },
      required: ['name'],
    },
    { type: 'object', properties: { name: { type: 'string', nullable: true } }, required: ['name'] },
    {
      type: 'object',
      allOf: [
        { $ref: '#/components/schemas/Named' },
        { properties: { name: plain.properties.name }, required: ['name'] },
      ],
    },
  ]
  for (const other of same) assert.deepEqual(differences(document(plain, plain), document(other, other)), [])
  const different: [Schema, string][] = [
    [{ ...plain, required: [] }, 'body name: required here only'],
    [{ ...plain, properties: { name: { type: 'string' } } }, 'body name: nullable here only'],
    [{ ...plain, properties: { name: { type: ['integer', 'null'] } } }, 'body name: string here, integer there'],
    [
      { ...plain, properties: { name: { type: ['string', 'null'], enum: ['a', null] } } },
      'body name: any here, only a there',
    ],
    [{ ...plain, properties: {} }, 'body name: only here'],
    [{ ...plain, properties: { ...plain.properties, age: { type: 'integer' } } }, 'body age: only there'],
  ]
  for (const [other, difference] of different) {
    assert.deepEqual(differences(document(plain), document(other)), [`POST /things ${difference}`])
  }
  assert.equal(fieldsOf(document(plain), plain).size, 2)
})
