/**
 * What a page does, as a script does it with an admin key.
 * @param path behind `/v1/`
 * @param body as it is written in a shell between single quotes
 */
export const adminCurl = (path: string, body: string): string =>
  `curl ${location.origin}/v1/${path} \\
  -H "Authorization: Bearer $OPENAI_ADMIN_KEY" -H "Content-Type: application/json" \\
  -d '${body}'`
