/*
 * Webhooks: where they go, and what is on its way, as in tables.ts.
 */

export interface WebhookEndpointTable {
  id: string
  organization_id: string
  /** Null: the organization's own. */
  project_id: string | null
  name: string
  url: string
  /** A JSON list. */
  event_types: string
  /** As it is: signatures are made of it. */
  secret: string
  /** The one before, until it counts no more; null: none does. */
  old_secret: string | null
  /** Unix seconds. */
  old_secret_until: number | null
  created_at: number
  updated_at: number
  /** Milliseconds since the epoch when it has its next turn: not before the first of what waits is due. Null: nothing waits. */
  due_at: number | null
  /** Deliveries that wait. */
  waiting: number
  /** 1: it did not answer in time when it was tried last; else 0. */
  hanging: number
}

/** An event on its way to one endpoint, or that did not reach it. What has reached it is gone. */
export interface WebhookDeliveryTable {
  /** What the receiver knows it by, however often it is tried. */
  id: string
  organization_id: string
  endpoint_id: string
  event_id: string
  event_type: string
  /** The body, as it is signed and sent. */
  payload: string
  created_at: number
  attempts: number
  /** Milliseconds since the epoch; null: it is tried no more. */
  due_at: number | null
  /** Of the last attempt, Unix seconds; null: there was none. */
  attempted_at: number | null
  /** What the receiver said then; null: nothing. */
  status_code: number | null
  /** Why it was no success, in words. */
  error: string | null
}

/** How far an organization's own webhooks have told of what is found by looking. */
export interface WebhookToldTable {
  organization_id: string
  source: string
  position: string
}
