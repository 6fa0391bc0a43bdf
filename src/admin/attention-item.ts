import type { AttentionItem } from '../contract/attention.ts'

/** So many of each kind are told. */
export const MOST = 20

/** Somewhat more than is told, where there is more, and whether not all was looked at. */
export type Found = { items: Omit<AttentionItem, 'kind'>[]; cut?: boolean }

/** A field that a kind has nothing for is null. */
export const item = (
  told: Pick<AttentionItem, 'severity' | 'subject'> & Partial<AttentionItem>,
): Omit<AttentionItem, 'kind'> => ({
  project: null,
  since: null,
  until: null,
  used: null,
  maximum: null,
  dimension: null,
  error_code: null,
  ...told,
})
