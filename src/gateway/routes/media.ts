import type { Declaration, FormShape, WatchedReply } from './declaration.ts'
import { ask, charged, plainJson, streamed } from './parts.ts'
import { audio, imageEvent, images } from './replies.ts'

const watched = { kind: 'watched', streamReports: 'always' } as const
const pictures = {
  ...watched,
  whole: images,
  event: imageEvent,
  counts: 'input',
  makesImages: true,
  hears: false,
} as const satisfies WatchedReply
const sound = { ...watched, whole: audio, event: audio, makesImages: false } as const
const speech = { ...sound, counts: 'input', hears: false } as const satisfies WatchedReply
const transcript = { ...sound, counts: 'nothing', hears: true } as const satisfies WatchedReply

const form = { kind: 'form', model: 'model', text: 'prompt', streams: streamed } as const
const drawing = { ...form, answers: 'n', files: 'images' } as const satisfies FormShape
const recording = { ...form, answers: null, files: 'audio' } as const satisfies FormShape

/** Images and sound (openai 7.57). */
export const media = {
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
  'audio.speech.create': {
    ...ask,
    path: '/v1/audio/speech',
    body: { ...plainJson, streams: [...streamed, { field: 'stream_format', is: 'sse' }], characters: 'input' },
    reply: speech,
    charges: charged.speech,
    report: { kind: 'audio_speeches', lineItems: 'tokens' },
  },
  'audio.transcriptions.create': {
    ...ask,
    path: '/v1/audio/transcriptions',
    body: recording,
    reply: transcript,
    charges: charged.recording,
    report: { kind: 'audio_transcriptions', lineItems: 'tokens' },
  },
  'audio.translations.create': {
    ...ask,
    path: '/v1/audio/translations',
    body: recording,
    reply: transcript,
    charges: charged.recording,
    report: { kind: 'audio_transcriptions', lineItems: 'tokens' },
  },
} as const satisfies Record<string, Declaration>
