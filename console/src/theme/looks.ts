import { useMantineColorScheme } from '@mantine/core'

/** Light, dark or as the system. Left to itself the library keeps colors from fading by a style that it writes into the page, which the policy refuses. */
export const useLooks = () => useMantineColorScheme({ keepTransitions: true })
