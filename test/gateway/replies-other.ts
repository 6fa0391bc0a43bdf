import type { Reply } from './replies.ts'

/** Replies of all routes but chat completions and completions. */
export const otherReplies: Reply[] = [
  {
    name: 'OpenAI, responses with tools',
    route: 'responses.create',
    body: {
      id: 'resp_1',
      object: 'response',
      instructions: 'output',
      output: [
        { id: 'ws_1', type: 'web_search_call', status: 'completed', action: { type: 'search', query: 'x' } },
        { id: 'ws_2', type: 'web_search_call', status: 'completed', action: { type: 'open_page' } },
        { id: 'fs_1', type: 'file_search_call', queries: ['x'], results: null },
        { type: 'code_interpreter_call', id: 'ci_1', code: '1', container_id: 'cntr_1', outputs: null },
        { type: 'code_interpreter_call', id: 'ci_2', code: '2', container_id: 'cntr_1', outputs: null },
        {
          type: 'message',
          id: 'msg_1',
          role: 'assistant',
          content: [{ type: 'output_text', text: 'Hi', annotations: [] }],
        },
      ],
      service_tier: 'priority',
      usage: {
        input_tokens: 36,
        input_tokens_details: { cached_tokens: 4 },
        output_tokens: 87,
        output_tokens_details: { reasoning_tokens: 80 },
        total_tokens: 123,
      },
    },
    used: {
      inputTokens: 36,
      cachedInputTokens: 4,
      outputTokens: 87,
      webSearchCalls: 2,
      fileSearchCalls: 1,
      codeInterpreterSessions: 1,
      serviceTier: 'priority',
    },
  },
  {
    name: 'OpenAI, responses as events',
    route: 'responses.create',
    events: [
      {
        event: 'response.created',
        data: { type: 'response.created', response: { id: 'resp_1', output: [], usage: null } },
      },
      {
        event: 'response.output_item.added',
        data: { type: 'response.output_item.added', output_index: 0, item: { id: 'ws_1', type: 'web_search_call' } },
      },
      {
        event: 'response.output_item.done',
        data: { type: 'response.output_item.done', output_index: 0, item: { id: 'ws_1', type: 'web_search_call' } },
      },
      { event: 'response.output_text.delta', data: { type: 'response.output_text.delta', delta: 'Hi' } },
      {
        event: 'response.completed',
        data: {
          type: 'response.completed',
          response: {
            id: 'resp_1',
            output: [{ id: 'ws_1', type: 'web_search_call' }],
            usage: { input_tokens: 36, output_tokens: 8, total_tokens: 44 },
          },
        },
      },
    ],
    used: { inputTokens: 36, outputTokens: 8, webSearchCalls: 1 },
  },
  {
    name: 'vLLM, responses that broke off: its events name their type last',
    route: 'responses.create',
    events: [
      { response: { id: 'resp_1', output: [], usage: null }, sequence_number: 0, type: 'response.created' },
      { item: { id: 'ws_1', type: 'web_search_call' }, output_index: 0, type: 'response.output_item.added' },
      { content_index: 0, delta: 'one two', sequence_number: 2, type: 'response.output_text.delta' },
    ],
    used: { inputTokens: 3, outputTokens: 2, webSearchCalls: 1 },
  },
  {
    name: 'OpenAI, embeddings',
    route: 'embeddings.create',
    body: {
      object: 'list',
      data: [{ object: 'embedding', index: 0, embedding: [-0.006929283, 1e-5, 0] }],
      model: 'm',
      usage: { prompt_tokens: 5, total_tokens: 5 },
    },
    used: { inputTokens: 5 },
  },
  {
    name: 'OpenAI, moderations, which report nothing: input is counted',
    route: 'moderations.create',
    body: { id: 'modr-1', model: 'm', results: [{ flagged: false, categories: {} }] },
    used: { inputTokens: 3 },
  },
  {
    name: 'OpenAI, images',
    route: 'images.generate',
    body: {
      created: 1713833628,
      data: [{ b64_json: 'QUJD'.repeat(5000) }, { b64_json: '/+==' }],
      size: '1024x1024',
      usage: {
        total_tokens: 100,
        input_tokens: 50,
        output_tokens: 50,
        input_tokens_details: { text_tokens: 10, image_tokens: 40 },
        output_tokens_details: { image_tokens: 50, text_tokens: 0 },
      },
    },
    used: { images: 2, inputTokens: 50, inputImageTokens: 40, outputTokens: 50, outputImageTokens: 50 },
  },
  {
    name: 'OpenAI, images as events',
    route: 'images.edit',
    events: [
      { event: 'image_edit.partial_image', data: { type: 'image_edit.partial_image', b64_json: 'QUJD' } },
      {
        event: 'image_edit.completed',
        data: { type: 'image_edit.completed', b64_json: 'QUJD', usage: { input_tokens: 5, output_tokens: 6 } },
      },
    ],
    used: { images: 1, inputTokens: 5, outputTokens: 6 },
  },
  {
    name: 'an image server without usage',
    route: 'images.createVariation',
    body: { created: 1, data: [{ url: 'https://example.com/1.png' }] },
    used: { images: 1, inputTokens: 3 },
  },
  {
    name: 'OpenAI, a transcription by tokens',
    route: 'audio.transcriptions.create',
    body: {
      text: 'Hi',
      usage: {
        type: 'tokens',
        input_tokens: 14,
        input_token_details: { text_tokens: 0, audio_tokens: 14 },
        output_tokens: 45,
        total_tokens: 59,
      },
    },
    used: { inputTokens: 14, inputAudioTokens: 14, outputTokens: 45 },
  },
  {
    name: 'vLLM, a transcription by duration',
    route: 'audio.transcriptions.create',
    body: { text: 'Hi', usage: { type: 'duration', seconds: 9 } },
    used: { seconds: 9 },
  },
  {
    name: 'whisper, a verbose translation: seconds begun',
    route: 'audio.translations.create',
    body: {
      task: 'translate',
      language: 'en',
      duration: 8.47,
      text: 'Hi',
      segments: [{ id: 0, tokens: [1, 2], end: 3.3 }],
    },
    used: { seconds: 9 },
  },
  {
    name: 'OpenAI, a transcription as events',
    route: 'audio.transcriptions.create',
    events: [
      { type: 'transcript.text.delta', delta: 'Hi' },
      { type: 'transcript.text.done', text: 'Hi', usage: { type: 'tokens', input_tokens: 14, output_tokens: 2 } },
    ],
    used: { inputTokens: 14, outputTokens: 2 },
  },
  {
    name: 'OpenAI, speech as events',
    route: 'audio.speech.create',
    events: [
      { type: 'speech.audio.delta', audio: 'QUJD' },
      { type: 'speech.audio.done', usage: { input_tokens: 14, output_tokens: 101, total_tokens: 115 } },
    ],
    used: { inputTokens: 14, outputTokens: 101 },
  },
  {
    name: 'a response that was made before uses nothing',
    route: 'responses.retrieve',
    body: { id: 'resp_1', usage: { input_tokens: 36, output_tokens: 87 } },
    used: {},
  },
]
