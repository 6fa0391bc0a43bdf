import { charged } from './charged.ts'
import type { Declaration, FormShape, WatchedReply } from './declaration.ts'
import { ask, form, plainJson } from './parts.ts'
import { imageEvent, images as whole } from './replies.ts'

const pictures = {
  kind: 'watched',
  kept: null,
  whole,
  event: imageEvent,
  counts: 'input',
  streamReports: 'always',
  makesImages: true,
  hears: false,
} as const satisfies WatchedReply
/** Where images stand in JSON: the original's `images` and `mask`, and what other servers call them. */
const inJson = { ...plainJson, leftOut: 'images', images: ['images', 'image', 'mask', 'markup'] } as const
/** What says how a picture is to be changed, in a form and in JSON. */
const editing = [
  ...['background', 'complexity', 'frame_count', 'frame_duration_ms', 'input_fidelity', 'markup', 'mask', 'model', 'n'],
  ...['output_compression', 'output_format', 'partial_images', 'prompt', 'quality', 'response_format'],
  ...['safety_identifier', 'size', 'stream', 'svg', 'user'],
]
const drawing = { ...form, leftOut: 'images', answers: 'n', files: 'images' } as const satisfies Omit<
  FormShape,
  'fields'
>

/** Images (openai 7.57). */
export const images = {
  'images.generate': {
    ...ask,
    path: '/v1/images/generations',
    body: {
      ...inJson,
      fields: new Set([
        ...['background', 'complexity', 'frame_count', 'frame_duration_ms', 'model', 'moderation', 'n'],
        ...['output_compression', 'output_format', 'partial_images', 'prompt', 'quality', 'response_format'],
        ...['safety_identifier', 'size', 'stream', 'style', 'svg', 'user'],
      ]),
    },
    reply: pictures,
    charges: charged.images,
    report: { kind: 'images', source: 'image.generation', lineItems: 'tokens' },
  },
  'images.edit': {
    ...ask,
    path: '/v1/images/edits',
    body: {
      ...drawing,
      fields: new Set([...editing, 'image']),
      json: { ...inJson, fields: new Set([...editing, 'images', 'moderation']) },
    },
    reply: pictures,
    charges: charged.images,
    report: { kind: 'images', source: 'image.edit', lineItems: 'tokens' },
  },
  'images.createVariation': {
    ...ask,
    path: '/v1/images/variations',
    body: { ...drawing, fields: new Set(['image', 'model', 'n', 'response_format', 'size', 'user']) },
    reply: pictures,
    charges: charged.images,
    report: { kind: 'images', source: 'image.variation', lineItems: 'tokens' },
  },
} as const satisfies Record<string, Declaration>
