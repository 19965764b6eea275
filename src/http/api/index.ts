import type { Deps } from '#deps.ts'
import type { MessageLimits } from '#http/message-limits.ts'
import { cookielessRoutes } from '#http/routes.ts'
import { badgeListRoutes } from './badges.ts'
import { channelRoutes } from './channels.ts'
import { checkRoutes } from './checks.ts'
import { deliveryRoutes } from './deliveries.ts'
import { historyRoutes } from './history.ts'
import { incidentApiRoutes } from './incidents.ts'
import { maintenanceApiRoutes } from './maintenance.ts'
import { projectApiRoutes } from './project.ts'
import { snoozeApiRoutes } from './snoozes.ts'
import { statusRoutes } from './status.ts'

export function apiRoutes(deps: Deps, messageLimits: MessageLimits) {
  return cookielessRoutes('api', 'json')
    .use(checkRoutes(deps))
    .use(historyRoutes(deps))
    .use(channelRoutes(deps, messageLimits))
    .use(deliveryRoutes(deps))
    .use(incidentApiRoutes(deps))
    .use(snoozeApiRoutes(deps))
    .use(maintenanceApiRoutes(deps))
    .use(projectApiRoutes(deps))
    .use(badgeListRoutes(deps))
    .use(statusRoutes(deps))
}
