import assert from 'node:assert/strict'
import { type Endpoint, endpoints } from '../../src/admin/index.ts'
import { accessChangesNoRequest, accessDecisions, accessRequests } from './access.ts'
import { organizationChangesNoRequest, organizationDecisions, organizationRequests } from './organization.ts'
import type { Place, Requests } from './place.ts'
import { policyDecisions, policyRequests } from './policy.ts'
import { projectChangesNoRequest, projectDecisions, projectRequests } from './project.ts'
import { signInChangesNoRequest, signInDecisions, signInRequests } from './sign-in.ts'

/** An operation without a valid request, or with one that its declaration does not allow, does not compile. */
const requests: Requests = {
  ...organizationRequests,
  ...projectRequests,
  ...accessRequests,
  ...policyRequests,
  ...signInRequests,
}

/** Who may call what, as test/decision/table.ts reads it. */
export const decisionTables = [
  organizationDecisions,
  projectDecisions,
  accessDecisions,
  policyDecisions,
  signInDecisions,
]

/** Operations that change something, but no request to a model: all fields that can be set by them, and why. */
export const changeNoRequest: Readonly<Record<string, { fields: readonly string[]; why: string }>> = {
  ...organizationChangesNoRequest,
  ...projectChangesNoRequest,
  ...accessChangesNoRequest,
  ...signInChangesNoRequest,
}

/** A request that succeeds: the values of the path's parameters, the query and the body where there are any. */
export type ValidRequest = {
  params: Record<string, string>
  query?: Record<string, string>
  body?: Record<string, unknown>
}

/** Makes what a request of the operation needs to be there, and the request. */
export async function requestOf(operation: string, at: Place): Promise<ValidRequest> {
  const [resource = '', verb = ''] = operation.split('.')
  const make = (requests as unknown as Record<string, Record<string, (at: Place) => Promise<ValidRequest>>>)[
    resource
  ]?.[verb]
  const endpoint: Endpoint | undefined = endpoints.find(({ name }) => name === operation)
  assert.ok(make && endpoint, `${operation} has no valid request in test/operations/`)
  const { params, ...request } = await make(at)
  const inPath = Object.entries(params).filter(([name]) => endpoint.route.path.split('/').includes(`:${name}`))
  return { ...request, params: Object.fromEntries(inPath) }
}

export const operationsWithRequest = Object.entries(requests).flatMap(([resource, verbs]) =>
  Object.keys(verbs).map((verb) => `${resource}.${verb}`),
)
