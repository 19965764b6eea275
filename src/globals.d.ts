// The compiler embeds these files in the executable as text.
declare module '*.sql' {
  const text: string
  export default text
}
declare module '*.md' {
  const text: string
  export default text
}
declare module '*.css' {
  const text: string
  export default text
}
declare module '*.woff2' {
  const path: string
  export default path
}

declare module '*.png' {
  const path: string
  export default path
}
declare module '@fontsource-variable/inter/LICENSE' {
  const text: string
  export default text
}
declare module 'htmx.org/LICENSE' {
  const text: string
  export default text
}
declare module 'htmx.org/dist/htmx.min.js' {
  const text: string
  export default text
}
declare module 'htmx.org/dist/ext/hx-sse.min.js' {
  const text: string
  export default text
}
declare module '#assets/password.js' {
  const text: string
  export default text
}
declare module '#assets/app.js' {
  const text: string
  export default text
}
declare module '#assets/live.js' {
  const text: string
  export default text
}
declare module '*.svg' {
  const text: string
  export default text
}

// Bun supports Temporal, but TypeScript's library does not declare it yet.
declare namespace globalThis {
  var Temporal: typeof import('temporal-spec').Temporal
}

declare module '#assets/push.js' {
  const text: string
  export default text
}

declare module '#assets/push-worker.js' {
  const text: string
  export default text
}
