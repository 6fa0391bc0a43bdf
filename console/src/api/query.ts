import { QueryClient, type UseQueryResult, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { CallError, call } from './call.ts'
import type { Input, Operation, Read, Reply } from './operations.ts'

/** Everything read is asked anew when it is shown again: what others changed shows, what was read before stands there meanwhile. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2000,
      // What the server refused it refuses again; what it could not answer is asked once more.
      retry: (count, error) => count < 1 && error instanceof CallError && (error.status === 0 || error.status >= 500),
    },
  },
})

/**
 * What a read answers, kept up to date.
 * @param live milliseconds after which it is asked anew while it is looked at; without it when it is shown again
 */
export function useRead<O extends Read>(
  operation: O,
  input: Input<O>,
  enabled = true,
  live?: number,
): UseQueryResult<Reply<O>, Error> {
  return useQuery({
    queryKey: [operation, input],
    queryFn: ({ signal }) => call(operation, input, signal),
    enabled,
    ...(live !== undefined && { refetchInterval: live }),
  })
}

/**
 * A change. When it is done all that is shown is asked anew, so that it shows at once wherever it is seen.
 * @param before what is waited for first
 */
export function useChange<O extends Operation>(
  operation: O,
  onDone?: (reply: Reply<O>) => unknown,
  before?: () => Promise<unknown>,
) {
  const client = useQueryClient()
  return useMutation<Reply<O>, Error, Input<O>>({
    mutationFn: async (input) => {
      await before?.()
      return call(operation, input)
    },
    onSuccess: async (reply) => {
      // Who is signed out has left first: nothing is asked anew for them.
      await onDone?.(reply)
      await client.invalidateQueries()
    },
  })
}
