/** Whether what stands where servers put their errors is one: of a good reply it is left out, null or empty. */
export function isProblem(value: unknown): boolean {
  if (typeof value === 'object' && value !== null) return Object.keys(value).length > 0
  return Boolean(value)
}

/** The same of an object that came in one piece. */
export function saysProblem({ error, errors, message, detail, status }: Record<string, unknown>): boolean {
  return isProblem(error) || isProblem(errors) || isProblem(message) || isProblem(detail) || status === 'failed'
}
