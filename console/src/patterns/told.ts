import { notifications } from '@mantine/notifications'
import { straight } from './names.ts'

/** Says for a few seconds what was done. */
export const told = (message: string): void => {
  notifications.show({
    message: straight(message),
    withBorder: true,
    autoClose: 4000,
    closeButtonProps: { 'aria-label': 'Close' },
  })
}
