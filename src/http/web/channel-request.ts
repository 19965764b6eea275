// What the pages of one channel share.
import { isGroup, membersOf } from '#actions/channel-groups.ts'
import { lacksMailServer } from '#actions/channels.ts'
import { awaitsConfirmation } from '#actions/confirmations.ts'
import { mayManage } from '#actions/program-channels.ts'
import { channelTitle, findKind, kindLabel, summaryOf } from '#channels/index.ts'
import type { ChannelReport } from '#domain/channel.ts'
import type { Permission } from '#domain/project.ts'
import { type ProjectRequest, projectOf, signedIn, type WebDeps } from '#http/guards.ts'
import { AppError } from '#lib/errors.ts'
import { findLastGroupDelivery } from '#store/channel-groups.ts'
import { findChannelReport } from '#store/channels.ts'
import { countMonitorsOfProject } from '#store/monitor-lists.ts'
import type { ChannelView } from '#views/components/channel.tsx'

export interface ChannelRequest extends ProjectRequest {
  report: ChannelReport
}

/** Guards a route with `:channel`, for members of the channel's project with this permission. */
export function onChannel(
  web: WebDeps,
  permission: Permission,
  answer: (context: ChannelRequest) => Response | Promise<Response>,
) {
  return signedIn(web, (context) => {
    const report = findChannelReport(web.deps.db, context.params.channel ?? '')
    // A missing channel and another user's channel get the same error, so that the error doesn't reveal which exist.
    const project = projectOf(web, { context, projectId: report?.channel.projectId ?? '', permission })
    if (report === null || !mayManage(report.channel.kind, context.user.isAdmin))
      throw new AppError('not_found', 'Channel not found.')
    return answer({ ...context, project, report })
  })
}

export function viewOf(deps: WebDeps['deps'], report: ChannelReport): ChannelView {
  const { channel } = report
  return {
    ...report,
    title: channelTitle(channel),
    kindLabel: kindLabel(channel.kind),
    summary: isGroup(channel) ? membersOf(deps.db, channel).map(channelTitle).join(', ') : summaryOf(channel),
    groupDelivery: isGroup(channel) ? findLastGroupDelivery(deps.db, channel.id) : null,
    total: countMonitorsOfProject(deps.db, channel.projectId),
    awaitsConfirmation: awaitsConfirmation(deps, channel),
    isGroup: isGroup(channel),
    lacksMailServer: lacksMailServer(deps, findKind(channel.kind)),
  }
}

export function refOf({ report: { channel } }: ChannelRequest): { projectId: string; channelId: string } {
  return { projectId: channel.projectId, channelId: channel.id }
}
