import { charged } from './charged.ts'
import type { Declaration, FormShape, WatchedReply } from './declaration.ts'
import { ask, form, plainJson } from './parts.ts'
import { imageEvent, images as whole } from './replies.ts'

const pictures = {
  kind: 'watched',
  whole,
  event: imageEvent,
  counts: 'input',
  streamReports: 'always',
  makesImages: true,
  hears: false,
} as const satisfies WatchedReply
const drawing = { ...form, answers: 'n', files: 'images' } as const satisfies FormShape

/** Images (openai 7.57). */
export const images = {
  'images.generate': {
    ...ask,
    path: '/v1/images/generations',
    body: plainJson,
    reply: pictures,
    charges: charged.images,
    report: { kind: 'images', source: 'image.generation', lineItems: 'tokens' },
  },
  'images.edit': {
    ...ask,
    path: '/v1/images/edits',
    body: drawing,
    reply: pictures,
    charges: charged.images,
    report: { kind: 'images', source: 'image.edit', lineItems: 'tokens' },
  },
  'images.createVariation': {
    ...ask,
    path: '/v1/images/variations',
    body: drawing,
    reply: pictures,
    charges: charged.images,
    report: { kind: 'images', source: 'image.variation', lineItems: 'tokens' },
  },
} as const satisfies Record<string, Declaration>
