/** Where the text for the model stands, on any route: some model servers read these wherever they find them. */
export const told = [
  ...['messages', 'input', 'instructions', 'system', 'prompt', 'suffix', 'prediction', 'response_format', 'text'],
] as const
