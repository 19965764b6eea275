import type { Child } from '#jsx/jsx-runtime'
import { url } from '#lib/base-path.ts'
import { HelpLink } from '#views/components/help.tsx'
import { Logo } from '#views/components/icon.tsx'
import { Notice } from '#views/components/notice.tsx'
import type { HelpTopic } from '#views/help.ts'
import { Document } from './document.tsx'

interface PlainProps {
  title: string
  notice?: string | null
  /** Uses the width of signed-in pages, for more than a form. */
  isWide?: boolean
  help?: HelpTopic
  children?: Child
}

/** A narrow page for visitors and for errors. */
export function Plain({ title, notice = null, isWide = false, help = 'other', children }: PlainProps) {
  return (
    <Document title={`${title} · CronGuard`}>
      <header class="bar">
        <a class="brand" href={url('/')}>
          <Logo />
          CronGuard
        </a>
        <div class="bar-end">
          <HelpLink topic={help} />
        </div>
      </header>
      <main id="main" class={isWide ? 'page' : 'sheet'} tabindex="-1">
        <Notice text={notice} />
        {children}
      </main>
    </Document>
  )
}
