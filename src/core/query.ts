/** Most parameters that a query is read with: no operation has a use for more. */
export const MOST_PARAMETERS = 256

/**
 * The parameters of a query string, in order, decoded; broken percent escapes stay as they are.
 * @returns null where there are more than `MOST_PARAMETERS`: they are counted before anything is made of them
 */
export function queryParameters(text: string): URLSearchParams | null {
  let most = MOST_PARAMETERS
  for (let at = text.indexOf('&'); at >= 0; at = text.indexOf('&', at + 1)) if (--most <= 0) return null
  return new URLSearchParams(text)
}
