import { Button, createTheme, Drawer, Modal, PasswordInput, TextInput } from '@mantine/core'

/** How the library's parts are used here. Its colors and sizes are in `tokens.css`. */
export const theme = createTheme({
  primaryColor: 'indigo',
  respectReducedMotion: true,
  components: {
    Button: Button.extend({ defaultProps: { size: 'xs' } }),
    TextInput: TextInput.extend({ defaultProps: { size: 'sm' } }),
    PasswordInput: PasswordInput.extend({
      defaultProps: { size: 'sm', visibilityToggleButtonProps: { 'aria-label': 'Show what is typed' } },
    }),
    // The library keeps the page behind from scrolling by a style that it writes into the page; see `patterns.css` instead.
    Drawer: Drawer.extend({ defaultProps: { lockScroll: false, position: 'right', size: 440 } }),
    Modal: Modal.extend({ defaultProps: { lockScroll: false, centered: true } }),
  },
})
