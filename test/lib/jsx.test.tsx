import { describe, expect, test } from 'bun:test'
import { type Child, Fragment, jsx, type Markup, raw } from '#jsx/jsx-runtime'

const HOSTILE = `<script>alert(1)</script>`

/** What XSS scanners enter into every field. */
const PAYLOADS = [
  HOSTILE,
  `<ScRiPt src=//evil.example/x.js></sCrIpT>`,
  `"><script>alert(1)</script>`,
  `'><script>alert(1)</script>`,
  `</p><script>alert(1)</script>`,
  `<img src=x onerror=alert(1)>`,
  `<img src="x" onerror="alert('1')">`,
  `"><img src=x onerror=alert(1)//`,
  `<svg onload=alert(1)>`,
  `<svg/onload=alert(1)//`,
  `<svg><animate onbegin=alert(1) attributeName=x dur=1s>`,
  `<math><mi xlink:href="javascript:alert(1)">x</mi></math>`,
  `<iframe srcdoc="<script>alert(1)</script>">`,
  `<body onload=alert(1)>`,
  `<details open ontoggle=alert(1)>`,
  `<input autofocus onfocus=alert(1)>`,
  `" onmouseover="alert(1)`,
  `' onmouseover='alert(1)`,
  `" autofocus onfocus=alert(1) x="`,
  `x" style="background:url(javascript:alert(1))`,
  `" hx-on:click="alert(1)`,
  `" hx-get="//evil.example" hx-trigger="load`,
  `<a href="javascript:alert(1)">x</a>`,
  `</textarea><script>alert(1)</script>`,
  `</title><script>alert(1)</script>`,
  `</script><script>alert(1)</script>`,
  `<!--<img src="--><img src=x onerror=alert(1)>`,
  `<![CDATA[<script>alert(1)</script>]]>`,
  `<noscript><p title="</noscript><img src=x onerror=alert(1)>">`,
  `&lt;script&gt;alert(1)&lt;/script&gt;`,
  `&#60;script&#62;alert(1)`,
  `&quot; onclick=alert(1)`,
  `<<script>alert(1)//<</script>`,
  `<script\u0000>alert(1)</script>`,
  `\u003cscript\u003ealert(1)`,
  '`onclick=alert(1)`$' + '{alert(1)}',
  `{{constructor.constructor('alert(1)')()}}`,
  'jaVasCript:/*-/*`/*\\`/*\'/*"/**/(/* */oNcliCk=alert() )//%0D%0A//</stYle/</titLe/--!>',
  '</teXtarEa/</scRipt/--!>\\x3csVg/<sVg/oNloAd=alert()//>',
]

describe('JSX escapes user input', () => {
  test.each(PAYLOADS)('as a child: %j', (payload) => {
    expect(parse(<p>{payload}</p>)).toEqual([{ tag: 'p', attributes: {}, text: payload }])
    expect(parse(<p>Hello {[payload]}!</p>)).toEqual([{ tag: 'p', attributes: {}, text: `Hello ${payload}!` }])
    expect(String(Fragment({ children: payload }))).not.toMatch(/[<>"']/)
  })

  test.each(PAYLOADS)('as an attribute: %j', (payload) => {
    const input = <input title={payload} value={payload} placeholder={payload} />
    const attributes = { title: payload, value: payload, placeholder: payload }
    expect(parse(input)).toEqual([{ tag: 'input', attributes, text: '' }])
    expect(String(<p title={payload} />)).toMatch(/^<p title="[^"<>']*"><\/p>$/)
  })

  test.each(['textarea', 'title', 'option', 'noscript', 'iframe', 'xmp', 'template', 'svg'])('inside <%s>', (tag) => {
    for (const payload of PAYLOADS) {
      const inside = String(jsx(tag, { children: payload })).slice(`<${tag}>`.length, -`</${tag}>`.length)
      expect(inside).not.toMatch(/[<>]/)
    }
  })
})

describe('JSX children', () => {
  const cases: { name: string; child: Child; html: string }[] = [
    { name: 'text', child: 'backup', html: 'backup' },
    { name: 'text that looks escaped', child: '&amp; &lt;', html: '&amp;amp; &amp;lt;' },
    { name: 'text that looks like markup', child: '<b>1</b>', html: '&lt;b&gt;1&lt;/b&gt;' },
    { name: 'no text', child: '', html: '' },
    { name: 'zero', child: 0, html: '0' },
    { name: 'a number', child: -1.5, html: '-1.5' },
    { name: 'a big number', child: 10n, html: '10' },
    { name: 'true', child: true, html: '' },
    { name: 'false', child: false, html: '' },
    { name: 'null', child: null, html: '' },
    { name: 'nothing', child: undefined, html: '' },
    { name: 'no children', child: [], html: '' },
    { name: 'a list in a list', child: ['a', ['<', ['b', null, 0]]], html: 'a&lt;b0' },
    { name: 'an element', child: <b>&</b>, html: '<b>&amp;</b>' },
    { name: 'a list of elements and text', child: [<i>1</i>, '<i>', <i>2</i>], html: '<i>1</i>&lt;i&gt;<i>2</i>' },
    { name: 'trusted markup', child: raw('<b title="x">&nbsp;</b>'), html: '<b title="x">&nbsp;</b>' },
    { name: 'trusted markup beside text', child: [raw('<hr>'), '<hr>'], html: '<hr>&lt;hr&gt;' },
  ]
  test.each(cases)('$name', ({ child, html }) => {
    expect(String(<p>{child}</p>)).toBe(`<p>${html}</p>`)
    expect(String(Fragment({ children: child }))).toBe(html)
  })

  test('fragments and components add no markup, and escape once', () => {
    const Name = ({ name, children }: { name: string; children?: Child }) => (
      <>
        <b>{name}</b>
        <Fragment>{children}</Fragment>
      </>
    )
    const list = (
      <>
        {['<a>', 'b'].map((name) => (
          <Name name={name}>
            <Fragment>&amp; {HOSTILE}</Fragment>
          </Name>
        ))}
      </>
    )
    const escaped = '&lt;script&gt;alert(1)&lt;/script&gt;'
    expect(String(list)).toBe(`<b>&lt;a&gt;</b>&amp; ${escaped}<b>b</b>&amp; ${escaped}`)
    expect(String(Fragment({ children: list }))).toBe(String(list))
  })

  const hostile: { name: string; child: unknown }[] = [
    { name: 'an object', child: { html: HOSTILE } },
    { name: 'an object that prints itself', child: { toString: () => HOSTILE } },
    { name: 'what looks like markup of another library', child: { __html: HOSTILE, type: 'b', props: {} } },
    { name: 'a boxed string', child: Object(HOSTILE) },
    { name: 'a promise', child: Promise.resolve(HOSTILE) },
    { name: 'a promise of an element', child: Promise.resolve(<b />) },
    { name: 'a function', child: () => HOSTILE },
    { name: 'a symbol', child: Symbol('x') },
    { name: 'a date', child: new Date(0) },
    { name: 'a set', child: new Set([HOSTILE]) },
  ]
  test.each(hostile)('$name is refused at any depth', ({ child }) => {
    expect(() => jsx('p', { children: child as Child })).toThrow('Not a valid child')
    expect(() => jsx('p', { children: [['a', child as Child]] })).toThrow('Not a valid child')
    expect(() => Fragment({ children: child as Child })).toThrow('Not a valid child')
  })
})

describe('JSX attributes', () => {
  test.each([
    { attributes: { title: `a "b" 'c' <d> &` }, html: `title="a &quot;b&quot; &#x27;c&#x27; &lt;d&gt; &amp;"` },
    { attributes: { title: '&amp;' }, html: 'title="&amp;amp;"' },
    { attributes: { title: '' }, html: 'title=""' },
    { attributes: { value: 0 }, html: 'value="0"' },
    { attributes: { hidden: true }, html: 'hidden' },
    { attributes: { 'data-id': 'x y', 'aria-label': 'z' }, html: 'data-id="x y" aria-label="z"' },
    { attributes: { 'hx-get': '/monitors?a=1&b=2' }, html: 'hx-get="/monitors?a=1&amp;b=2"' },
  ])('case %#: $html', ({ attributes, html }) => {
    expect(String(jsx('p', attributes))).toBe(`<p ${html}></p>`)
  })

  test.each([false, null, undefined])('%p leaves the attribute out', (value) => {
    expect(String(jsx('input', { disabled: value, title: value, href: value }))).toBe('<input>')
  })

  test.each(['attrs', 'ATTRS', 'safe', 'of', 'srcdoc', 'srcDoc', 'onclick', 'onClick', 'ONERROR', 'on', 'onx-y'])(
    '%s is refused, whatever its value',
    (name) => expectRefused(name),
  )

  test.each(['hx-on', 'hx-on:click', 'hx-on::load', 'HX-ON:click', 'hx-on-click', 'dangerouslySetInnerHTML'])(
    '%s is refused, whatever its value',
    (name) => expectRefused(name),
  )

  test.each(['data-hx-on:click', 'DATA-HX-ON', 'hx-vars', 'data-hx-vars'])(
    '%s is refused, because htmx runs it as code',
    (name) => expectRefused(name),
  )

  test.each([
    ['hx-vals', 'js:{a: 1}'],
    ['hx-headers', ' javascript:{}'],
    ['data-hx-vals', 'JS:{}'],
    ['hx-trigger', 'click[alert(1)]'],
    ['data-hx-trigger', 'load[x]'],
  ])('%s=%j is refused, because htmx runs it as code', (name, value) => {
    expect(() => jsx('p', { [name]: value })).toThrow('takes no code')
  })

  test.each(['', ' ', 'a b', 'x onclick', 'x>', 'x/', 'x=', '"', "'", '<b', 'x\n', 'x\u0000', '1x', '-x', 'é'])(
    'the name %j is refused',
    (name) => expectRefused(name),
  )

  test.each([{ value: {} }, { value: [HOSTILE] }, { value: raw('x') }, { value: () => 1 }, { value: Symbol('x') }])(
    'a value that is not text is refused (case %#)',
    ({ value }) => {
      expect(() => jsx('p', { title: value })).toThrow('needs text')
    },
  )
})

const URL_ATTRIBUTES = `href src srcset action formaction data poster ping background xlink:href hx-get hx-post
  data-hx-get data-hx-delete hx-push-url hx-replace-url`.split(/\s+/)

describe('JSX URLs', () => {
  const hostile = [
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    ' java\tscript:alert(1)',
    '\n\r\tjavascript:alert(1)',
    '\u0001javascript:alert(1)',
    'java\nscript:alert(1)',
    'javascript\u0000:alert(1)',
    'javascript\t:alert(1)',
    'javascript:https://example.com',
    'data:text/html,<script>alert(1)</script>',
    'DATA:text/html;base64,PHNjcmlwdD4=',
    'vbscript:msgbox(1)',
    'file:///etc/passwd',
    'blob:https://example.com/x',
    'view-source:https://example.com',
    'x+y.z-1:anything',
  ]
  test.each(hostile)('%j is refused in every URL attribute', (url) => {
    for (const name of URL_ATTRIBUTES) {
      expect(() => jsx('a', { [name]: url })).toThrow('takes no such URL')
      expect(() => jsx('a', { [name.toUpperCase()]: url })).toThrow('takes no such URL')
    }
    expect(() => <a href={url}>x</a>).toThrow('takes no such URL')
  })

  test.each([
    '/monitors/1?tab=pings#newest',
    'https://example.com/?a="b"&c=<d>',
    'HTTP://example.com:8080/',
    'mailto:ada@example.com',
    '//example.com/x',
    '#javascript:alert(1)',
    '?next=javascript:alert(1)',
    './data:x',
    'javascript&colon;alert(1)',
    'javascript%3Aalert(1)',
    '',
  ])('%j is kept', (url) => {
    expect(parse(jsx('a', { href: url }))).toEqual([{ tag: 'a', attributes: { href: url }, text: '' }])
  })
})

describe('JSX elements', () => {
  test.each(['br', 'hr', 'img', 'input', 'link', 'meta', 'source', 'wbr'])(
    '<%s> has no end tag and no children',
    (tag) => {
      expect(String(jsx(tag, {}))).toBe(`<${tag}>`)
      expect(() => jsx(tag, { children: 'x' })).toThrow('has no children')
    },
  )

  test.each(['p', 'div', 'script', 'textarea', 'my-element'])('<%s> has an end tag even when it is empty', (tag) => {
    expect(String(jsx(tag, {}))).toBe(`<${tag}></${tag}>`)
  })

  test.each(['textarea', 'pre'])('<%s> keeps a first line break, which a browser drops', (tag) => {
    expect(String(jsx(tag, { children: '\nx' }))).toBe(`<${tag}>\n\nx</${tag}>`)
    expect(String(jsx(tag, { children: 'x' }))).toBe(`<${tag}>x</${tag}>`)
  })

  test.each(['script', 'style'])('<%s> refuses text, even trusted text', (tag) => {
    for (const children of ['alert(1)', ' ', 0, [null, 'x'], raw('alert(1)'), <b />]) {
      expect(() => jsx(tag, { children })).toThrow('takes no text')
    }
    expect(String(jsx(tag, { children: [null, false, ''] }))).toBe(`<${tag}></${tag}>`)
  })

  test.each(['', 'p onclick=x', 'p>', 'SCRIPT', 'Script', '!--', '/p', 'a b', 'p\n', '1p'])(
    '%j is no element',
    (tag) => {
      expect(() => jsx(tag, {})).toThrow('Not an element')
    },
  )
})

function expectRefused(name: string): void {
  for (const value of ['x', true, false, null, undefined, 1]) {
    expect(() => jsx('p', { [name]: value })).toThrow('Not an allowed attribute')
  }
}

interface Parsed {
  tag: string
  attributes: Record<string, string>
  text: string
}

/** Parses markup like a browser: all elements with their attributes and text. */
function parse(markup: Markup): Parsed[] {
  const elements: Parsed[] = []
  const rewriter = new HTMLRewriter().onDocument({
    text: ({ text }) => {
      const last = elements.at(-1)
      if (last) last.text += text
    },
    comments: () => {
      throw new Error('There is a comment.')
    },
  })
  rewriter.on('*', {
    element: ({ tagName, attributes }) => {
      const pairs = [...attributes].map(([name, value]) => [name ?? '', decode(value ?? '')] as const)
      elements.push({ tag: tagName, attributes: Object.fromEntries(pairs), text: '' })
    },
  })
  rewriter.transform(String(markup))
  return elements.map((element) => ({ ...element, text: decode(element.text) }))
}

function decode(text: string): string {
  const entities: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', '#x27': "'", '#39': "'" }
  return text.replace(/&(lt|gt|amp|quot|#x27|#39);/g, (_, name: string) => entities[name] ?? '')
}
