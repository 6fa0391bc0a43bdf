import assert from 'node:assert/strict'
import { test } from 'node:test'
import { betasSent } from './betas.ts'

/** Of @anthropic-ai/sdk 1.14, and of coding agents that speak its API. */
const passing = [
  ...['computer-use-2024-10-22', 'computer-use-2025-11-24', 'code-execution-2025-05-22', 'advisor-tool-2026-03-01'],
  ...['mcp-client-2025-04-04', 'mcp-client-2026-09-15', 'interleaved-thinking-2025-05-14', 'fast-mode-2026-02-01'],
  ...['context-management-2025-06-27', 'model-context-window-exceeded-2025-08-26', 'thinking-token-count-2026-05-13'],
  ...['mid-conversation-tool-changes-2026-07-01', 'structured-outputs-2025-11-13', 'task-budgets-2026-03-13'],
  ...['thinking-display-updates-2026-08-18', 'thinking-binding-controls-2026-08-01', 'inline-tools-2026-09-15'],
  ...['mid-conversation-system-clear-at-2026-08-21', 'mid-conversation-output-config-2026-07-01', 'pdfs-2024-09-25'],
  ...['prompt-caching-2024-07-31', 'token-counting-2024-11-01', 'token-efficient-tools-2025-02-19'],
  ...['extended-cache-ttl-2025-04-11', 'claude-code-20250219', 'fine-grained-tool-streaming-2025-05-14'],
  ...['advanced-tool-use-2025-11-20', 'tool-search-tool-2025-10-19', 'x-1', 'telepathy-2027-01-01'],
]
const stopping = [
  // Longer than the call was reckoned with.
  ...['context-1m-2025-08-07', 'output-128k-2025-02-19', 'output-300k-2026-03-24', 'context-2m-2027-01-01'],
  ...['CONTEXT-1M-2025-08-07', 'context-10m', 'thinking-64k-2027-01-01'],
  // Other models, what the account has stored, and who pays.
  ...['server-side-fallback-2026-06-01', 'server-side-fallback-2026-07-01', 'fallback-credit-2026-07-01'],
  ...['files-api-2025-04-14', 'skills-2025-10-02', 'message-threads-2026-08-12', 'agent-memory-2026-07-22'],
  ...[
    'managed-agents-2026-04-01',
    'dreaming-2026-04-21',
    'user-profiles-2026-03-24',
    'user-profiles-billing-2026-10-01',
  ],
  ...['mcp-tunnels-2026-06-22', 'message-batches-2024-09-24', 'cache-diagnosis-2026-04-07', 'compact-2026-01-12'],
]

test('what a client may turn on goes on, but for what lifts a bound or reaches what is not its own', () => {
  for (const value of passing) assert.equal(betasSent(value), value)
  for (const value of stopping) assert.equal(betasSent(value), '', value)
})

test('the rest of a list goes on, however it is written', () => {
  assert.equal(betasSent(passing.join(', ')), passing.join(', '))
  assert.equal(betasSent([...stopping, ...passing, ...stopping].join(' ,\t')), passing.join(','))
  for (const [header, sent] of [
    ['a-1,context-1m-2025-08-07,b-2', 'a-1,b-2'],
    ['context-1m-2025-08-07 , a-1', 'a-1'],
    [',context-1m-2025-08-07,', ''],
    ['', ''],
  ] as const)
    assert.equal(betasSent(header), sent)
})
