import { Button, createTheme, Drawer, Modal, PasswordInput, Textarea, TextInput } from '@mantine/core'

const closeButtonProps = { 'aria-label': 'Close' }

/** How the library's parts are used here. Its colors and sizes are in `tokens.css`. */
export const theme = createTheme({
  primaryColor: 'indigo',
  respectReducedMotion: true,
  components: {
    Button: Button.extend({ defaultProps: { size: 'xs' } }),
    TextInput: TextInput.extend({ defaultProps: { size: 'sm', withAsterisk: false } }),
    Textarea: Textarea.extend({ defaultProps: { withAsterisk: false } }),
    PasswordInput: PasswordInput.extend({
      defaultProps: {
        size: 'sm',
        withAsterisk: false,
        visibilityToggleButtonProps: { 'aria-label': 'Show what is typed' },
      },
    }),
    // The library keeps the page behind from scrolling by a style that it writes into the page; see `patterns.css` instead.
    Drawer: Drawer.extend({ defaultProps: { lockScroll: false, position: 'right', size: 440, closeButtonProps } }),
    Modal: Modal.extend({ defaultProps: { lockScroll: false, centered: true, closeButtonProps } }),
  },
})
