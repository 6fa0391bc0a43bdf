import { charged } from './charged.ts'
import type { Declaration, FormShape, WatchedReply } from './declaration.ts'
import { ask, form, plainJson } from './parts.ts'
import { audio as sound } from './replies.ts'

const watched = {
  kind: 'watched',
  kept: null,
  whole: sound,
  event: sound,
  streamReports: 'always',
  makesImages: false,
} as const
const speech = { ...watched, counts: 'input', hears: false } as const satisfies WatchedReply
const transcript = { ...watched, counts: 'nothing', hears: true } as const satisfies WatchedReply
const recording = { ...form, answers: null, files: 'audio' } as const satisfies Omit<FormShape, 'fields'>

/** Sound (openai 7.57). */
export const audio = {
  'audio.speech.create': {
    ...ask,
    path: '/v1/audio/speech',
    body: {
      ...plainJson,
      fields: new Set(['input', 'instructions', 'model', 'response_format', 'speed', 'stream_format', 'voice']),
      streams: [{ field: 'stream_format', is: 'sse' }],
      characters: 'input',
    },
    reply: speech,
    charges: charged.speech,
    report: { kind: 'audio_speeches', lineItems: 'tokens' },
  },
  'audio.transcriptions.create': {
    ...ask,
    path: '/v1/audio/transcriptions',
    body: {
      ...recording,
      fields: new Set([
        ...['chunking_strategy', 'file', 'include', 'keywords', 'known_speaker_names'],
        ...['known_speaker_references', 'language', 'languages', 'model', 'prompt', 'response_format'],
        ...['stream', 'temperature', 'timestamp_granularities'],
      ]),
    },
    reply: transcript,
    charges: charged.recording,
    report: { kind: 'audio_transcriptions', lineItems: 'tokens' },
  },
  'audio.translations.create': {
    ...ask,
    path: '/v1/audio/translations',
    body: { ...recording, fields: new Set(['file', 'model', 'prompt', 'response_format', 'temperature']) },
    reply: transcript,
    charges: charged.recording,
    report: { kind: 'audio_transcriptions', lineItems: 'tokens' },
  },
} as const satisfies Record<string, Declaration>
