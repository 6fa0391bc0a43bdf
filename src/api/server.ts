import type { IncomingMessage, ServerResponse } from 'node:http'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import type { Caller } from '../admin/handlers.ts'
import type { Endpoint } from '../admin/index.ts'
import { challenge, methodNotAllowed, unknownUrl, unsupportedContentType } from '../contract/error.ts'
import type { Route } from '../contract/route.ts'
import { type Admitted, admit } from './admit.ts'
import type { AdminApp } from './app.ts'
import { decodedBody } from './decoded.ts'
import { ADMIN_BODY_LIMIT, type RequestFacts, toApiError } from './errors.ts'
import { originOf } from './origin.ts'
import { asSent } from './parts.ts'
import { type Performed, perform } from './perform.ts'
import { parseQuery } from './query.ts'
import { UnderWay } from './under-way.ts'
import { lazySerializer, lazyValidator } from './validation.ts'

export type AdminServer = {
  handle: (request: IncomingMessage, response: ServerResponse) => void
  close: () => Promise<void>
}

/** A closed, empty object: what an operation without a body takes. */
const NO_BODY = { type: 'object', properties: {}, additionalProperties: false }
/** Characters of the longest id in a path, which is a model's as it is written there. */
const LONGEST_PARAM = 2048
/** Bytes of the largest body of an operation that asks for no key: anybody can have it read. */
const STRANGERS_BODY_LIMIT = 131_072
/** Characters of the longest path that is compared with every route's, for the methods that it has. */
const LONGEST_PATH = 2048

/**
 * The Administration API as a request handler. This is the only file that knows Fastify; what every operation has in common
 * (who calls, may they, is the request well-formed, the transaction, the audit row, the failure's shape) happens here or in
 * `admit` and `perform`, once.
 */
export async function createAdminServer(app: AdminApp, endpoints: readonly Endpoint[]): Promise<AdminServer> {
  const fastify = Fastify({
    bodyLimit: ADMIN_BODY_LIMIT,
    exposeHeadRoutes: false,
    genReqId: () => app.newId('request'),
    routerOptions: { maxParamLength: LONGEST_PARAM, querystringParser: unread },
    frameworkErrors: (error, request, reply) => fail(app, error, request, reply as FastifyReply),
  })
  fastify.setValidatorCompiler(({ schema, httpPart }) => lazyValidator(schema as object, httpPart as 'body'))
  fastify.setSerializerCompiler(({ schema }) => lazySerializer(schema as object))
  fastify.setErrorHandler((error, request, reply) => fail(app, error, request, reply))
  readJsonOnly(fastify)
  fastify.decorateRequest('admitted', null)
  const underWay = new UnderWay()
  for (const endpoint of endpoints) serve(app, fastify, endpoint, underWay)
  const offeredAt = pathIndex(endpoints)
  const notThere = (request: FastifyRequest) => {
    const allowed = offeredAt(request.url)
    return allowed.length > 0 ? methodNotAllowed(request, allowed) : unknownUrl(request)
  }
  // Without a body read: whatever a stranger sends to nowhere is nobody's to look at.
  fastify.addHook('onRequest', async (request) => {
    if (request.is404) throw notThere(request)
  })
  fastify.setNotFoundHandler((request, reply) => fail(app, notThere(request), request, reply))
  await fastify.ready()
  return { handle: (request, response) => fastify.routing(request, response), close: () => fastify.close() }
}

/** A query stays as it came until it is known who asks: a stranger has none of it read. */
const unread = (query: string) => query as unknown as Record<string, unknown>

function serve(app: AdminApp, fastify: FastifyInstance, endpoint: Endpoint, underWay: UnderWay) {
  const { route } = endpoint
  fastify.route({
    // What is read can be asked for without its body: the same answer, which Node leaves out.
    method: methodsOf(route),
    url: route.path,
    bodyLimit: route.permission === null ? STRANGERS_BODY_LIMIT : ADMIN_BODY_LIMIT,
    schema: {
      ...(route.query && { querystring: route.query }),
      ...(route.method !== 'GET' && { body: route.body ?? NO_BODY }),
      response: { 200: route.reply },
    },
    // Before the query and the body are read or judged: a stranger learns nothing about the shape of a request.
    onRequest: async (request) => {
      const { headers, raw } = request
      const params = request.params as Record<string, string>
      const admitted = await admit(app, endpoint, { headers, params, origin: originOf(app, raw), connection: raw })
      request.setDecorator('admitted', admitted)
      request.query = parseQuery(request.query as string)
    },
    ...(route.method !== 'GET' && {
      preParsing: async ({ raw, routeOptions }, _reply, payload) =>
        (await decodedBody(raw, routeOptions.bodyLimit, route.permission !== null)) ?? payload,
    }),
    handler: async (request, reply) => {
      const admitted = request.getDecorator<Admitted>('admitted')
      const { caller } = admitted
      const { params, query, body } = request as { params: Record<string, string>; query: unknown; body: unknown }
      const { project_id } = params
      const inTurn = route.inParts && caller ? underWay.begin(caller.organizationId, reply.raw, project_id) : null
      const isLeft = () => reply.raw.destroyed
      const performed = await perform(app, endpoint, admitted, { params, query, body: body ?? {}, isLeft, inTurn })
      const parts = inTurn && (performed.reply as AsyncGenerator<string, void>)
      const sent = parts ? await asSent(reply.raw, parts, brokeOff(app, request)) : performed.reply
      setCookie(app, reply, performed)
      if (caller) reply.header('openai-organization', caller.organizationId)
      stamp(reply).send(sent)
      if (route.method !== 'GET') {
        app.log.info({ request_id: request.id, operation: endpoint.name, ...byWhat(caller) }, 'changed')
      }
      return reply
    },
  })
}

function setCookie({ cookie: { set, clear }, now }: AdminApp, reply: FastifyReply, { cookie }: Performed) {
  if (cookie === undefined) return
  const seconds = Math.floor(now() / 1000)
  reply.header('set-cookie', cookie === 'clear' ? clear : set(cookie.token, cookie.until, seconds))
}

const byWhat = (caller: Caller | null) =>
  caller?.by === 'session' ? { session_id: caller.sessionId } : { key_id: caller?.keyId }

const methodsOf = ({ method }: Route) => (method === 'GET' ? ['GET', 'HEAD'] : [method])

/** JSON is the only language, and an empty body is no body, whatever its content type says (openai-python names one). */
function readJsonOnly(fastify: FastifyInstance) {
  const parseJson = fastify.getDefaultJsonParser('error', 'error')
  fastify.addHook('onRequest', async ({ raw }) => {
    const { headers } = raw
    if (headers['transfer-encoding'] === undefined && Number(headers['content-length'] ?? 0) === 0)
      delete headers['content-type']
  })
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    const type = request.headers['content-type'] ?? ''
    if (body.length === 0) done(null, undefined)
    else if (/^application\/json *(;|$)/i.test(type)) parseJson(request, body.toString('utf8'), done)
    else done(unsupportedContentType(type))
  })
}

function fail(app: AdminApp, thrown: unknown, request: FastifyRequest, reply: FastifyReply) {
  const error = toApiError(thrown, facts(request))
  if (error.status >= 500)
    app.log.error(
      { request_id: request.id, path: request.url.split('?', 1)[0], err: error.cause ?? error },
      'request failed',
    )
  // Fastify would close the connection behind a body it could not read, and cut off a client that is still sending it; Node
  // reads the rest away, within the time a request may take.
  reply.removeHeader('connection')
  reply.headers(error.headers)
  if (error.status === 401) reply.headers(challenge)
  return stamp(reply).code(error.status).serializer(JSON.stringify).send(error.envelope)
}

const brokeOff = (app: AdminApp, request: FastifyRequest) => (err: unknown) =>
  app.log.error({ request_id: request.id, err }, 'reply broken off')

function stamp(reply: FastifyReply): FastifyReply {
  return reply.type('application/json; charset=utf-8').headers({
    // No cache knows by itself that a cookie says whose an answer is, a refusal too.
    ...(reply.request.headers.cookie !== undefined && { 'cache-control': 'no-store' }),
    'x-request-id': reply.request.id,
    'openai-version': '2020-10-01',
    'openai-processing-ms': Math.round(reply.elapsedTime),
  })
}

const facts = (request: FastifyRequest): RequestFacts => ({
  id: request.id,
  method: request.method,
  url: request.url,
  contentType: request.headers['content-type'] ?? '',
  contentLength: request.headers['content-length'],
  bodyLimit: request.routeOptions.bodyLimit,
})

/** Which methods a URL's path has, for the answer to one that it has not. */
function pathIndex(endpoints: readonly Endpoint[]): (url: string) => string[] {
  const paths = new Map<string, { pattern: RegExp; methods: string[] }>()
  for (const { route } of endpoints) {
    const known = paths.get(route.path)
    if (known) known.methods.push(...methodsOf(route))
    else
      paths.set(route.path, {
        pattern: new RegExp(`^${route.path.replace(/:\w+/g, '[^/]+')}$`),
        methods: methodsOf(route),
      })
  }
  return (url) => {
    const path = url.split('?', 1)[0] ?? ''
    if (path.length > LONGEST_PATH) return []
    const matching = [...paths.values()].filter(({ pattern }) => pattern.test(path))
    return [...new Set(matching.flatMap(({ methods }) => methods))]
  }
}
