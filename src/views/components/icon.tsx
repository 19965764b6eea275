/** Drawn on a 24 px grid, with strokes in the color of the text. */
const PATHS = {
  check: 'm5 12.500 4.500 4.500L19 7.500',
  cross: 'm6.500 6.500 11 11m0-11-11 11',
  plus: 'M12 5v14M5 12h14',
  pause: 'M9 6v12m6-12v12',
  play: 'M8 5.500v13l10.500-6.500z',
  pencil: 'M4 20h4L19.500 8.500l-4-4L4 16zM13.500 6.500l4 4',
  trash: 'M5 7h14M9.500 7V4.500h5V7m2.500 0-.7 12.500H7.700L7 7m3 3.500v6m4-6v6',
  copy: 'M9 9h10.500v10.500H9zM15 9V4.500H4.500V15H9',
  list: 'M9 6h11M9 12h11M9 18h11M4.500 6h.1m-.1 6h.1m-.1 6h.1',
  bell: 'M5 17.500h14l-1.700-3v-4.300a5.300 5.300 0 0 0-10.600 0v4.300zm5 3h4',
  sliders:
    'M3.500 7h10m5 0h2m-17 10h2m5 0h10M16 9.300a2.300 2.300 0 1 0 0-4.600 2.300 2.300 0 0 0 0 4.600z' +
    'M8 19.300a2.300 2.300 0 1 0 0-4.600 2.300 2.300 0 0 0 0 4.600z',
  search: 'M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13zm5-1.500L20 20',
  clock: 'M12 20.500a8.500 8.500 0 1 0 0-17 8.500 8.500 0 0 0 0 17zM12 7.500V12l3 2',
  alert: 'M12 4 2.500 20.500h19zM12 10v4.500m0 2.800v.2',
  send: 'M4 12 20 4.500 15.500 20l-4-6zm7.500 2L20 4.500',
  down: 'm6.500 9.500 5.500 5.500 5.500-5.500',
  person: 'M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zm-7.500 8.500c.5-4 3.500-6 7.500-6s7 2 7.500 6',
  external: 'M14 4.500h5.500V10M19 5l-9 9M10 5.500H4.500v14h14V14',
  key: 'M8.500 19a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9zm3.200-7.700L19.500 3.500M16 7l3 3',
  mail: 'M3.500 5.500h17v13h-17zM4 6.500l8 6.500 8-6.500',
  users:
    'M9 12a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zm-6.500 7.500c.4-3.500 3-5 6.500-5s6.100 1.500 6.500 5' +
    'M16 5.500a3.300 3.300 0 0 1 0 6.300m2 3c2 .7 3.200 2.200 3.500 4.700',
} as const

const LOGO =
  'M16 2 4 6v9c0 7.500 5 12.600 12 15 7-2.400 12-7.500 12-15V6z' +
  'm-1.300 6.500a1.300 1.300 0 0 1 2.600 0v6.800l4.400 2.800' +
  'a1.300 1.300 0 0 1-1.400 2.200l-5-3.200a1.300 1.300 0 0 1-.6-1.100z'

export type IconName = keyof typeof PATHS

/** A picture beside words that say the same: screen readers pass it over. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  )
}

/** A shield with the hands of a clock cut out, as in assets/favicon.svg. */
export function Logo() {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <path fill-rule="evenodd" d={LOGO} />
    </svg>
  )
}
