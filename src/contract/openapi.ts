import { contract } from './index.ts'
import type { TSchema } from './json-schema.ts'
import type { Route } from './route.ts'

type Schema = Record<string, unknown>

/** The contract as an OpenAPI 3.1 document. The schemas are JSON Schema already: only our own keywords are taken out. */
export function openapi(version: string, serverUrl: string) {
  const paths: Record<string, Record<string, unknown>> = {}
  for (const [resource, routes] of Object.entries(contract)) {
    for (const [verb, route] of Object.entries(routes as Record<string, Route>)) {
      const path = route.path.slice('/v1'.length).replace(/:(\w+)/g, '{$1}')
      paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(resource, verb, route) }
    }
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Gatehouse Administration API', version },
    servers: [{ url: `${serverUrl}/v1` }],
    security: [{ adminKey: [] }, { session: [] }],
    paths,
    components: {
      securitySchemes: {
        adminKey: { type: 'http', scheme: 'bearer', description: 'An admin API key.' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: serverUrl.startsWith('https:') ? '__Host-gatehouse-session' : 'gatehouse-session',
          description: 'Somebody who has signed in. It counts only with the header `x-gatehouse-console: 1`.',
        },
      },
      schemas: { Error: errorSchema },
    },
  }
}

function operation(resource: string, verb: string, route: Route) {
  return {
    operationId: `${resource}.${verb}`,
    tags: [resource],
    summary: route.summary,
    ...(route.permission === null ? { security: [] } : { 'x-permission': route.permission }),
    ...(route.extension && { 'x-extension': route.extension }),
    parameters: [...parameters('path', route.params), ...parameters('query', route.query)],
    ...(route.body && { requestBody: { required: isRequired(route.body), content: json(route.body) } }),
    responses: {
      200: { description: 'Done.', content: json(route.reply) },
      default: {
        description: 'Refused or failed.',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  }
}

const json = (schema: TSchema) => ({ 'application/json': { schema: clean(schema) } })

function parameters(where: 'path' | 'query', schema: TSchema | undefined) {
  const { properties = {}, required = [] } = (schema ?? {}) as {
    properties?: Record<string, Schema>
    required?: string[]
  }
  return Object.entries(properties).map(([name, property]) => {
    // A query parameter with a default need not be sent, although handlers can rely on it.
    const needed = where === 'path' || (required.includes(name) && !('default' in property))
    return { name, in: where, required: needed, schema: clean(property) }
  })
}

const isRequired = (body: TSchema) => ((body as { required?: string[] }).required ?? []).length > 0

function clean(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(clean)
  if (schema === null || typeof schema !== 'object') return schema
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([name]) => name !== 'x-trim' && name !== 'x-above')
      .map(([name, value]) => [name, clean(value)]),
  )
}

const nullableString = { type: ['string', 'null'] }
const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'param', 'code'],
      properties: {
        message: { type: 'string' },
        type: { type: 'string' },
        param: nullableString,
        code: nullableString,
      },
    },
  },
}
